import type { Migration } from 'kysely/migration';
import { up as makeFirstTables } from './0001-first-tables.ts';
import { up as makeCheckpoints } from './0002-checkpoints.ts';
import { up as indexKeyChanges } from './0003-key-changes.ts';
import { up as makeCosignatures } from './0004-cosignatures.ts';
import { up as makeErasure } from './0005-erasure.ts';
import { up as makeAccessRequests } from './0006-access-requests.ts';

/** Every change of the schema, in order; a name once released is never changed. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first-tables': { up: makeFirstTables },
  '0002-checkpoints': { up: makeCheckpoints },
  '0003-key-changes': { up: indexKeyChanges },
  '0004-cosignatures': { up: makeCosignatures },
  '0005-erasure': { up: makeErasure },
  '0006-access-requests': { up: makeAccessRequests },
};
