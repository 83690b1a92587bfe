import { randomBytes } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { type VerdictName, verifyLog, type VerifyReport } from '../../audit/verify.ts';
import { openSigner, publicKeyOf, sha256, verifyEd25519 } from '../../recorder/crypto.ts';
import { CompactRange } from '../../tlog/compact-range.ts';
import type { Signer } from '../../tlog/note.ts';
import { makeSignerKey } from '../../tlog/signer-key.ts';
import { openStoreLog } from '../verify/store-log.ts';
import { FILE_MANIPULATIONS } from './file-manipulations.ts';
import { ForgedLog } from './forged-log.ts';
import { MACHINE_MANIPULATIONS } from './machine-manipulations.ts';
import type { Manipulation } from './manipulation.ts';
import { NotApplicable } from './not-applicable.ts';
import { dropGuards, signTree, writeLog } from './store-tables.ts';
import { Targets } from './targets.ts';

export const MANIPULATIONS: readonly Manipulation[] = [
  ...FILE_MANIPULATIONS,
  ...MACHINE_MANIPULATIONS,
];

/** `alone`: the log itself gives it away. `checkpoint`: whoever kept an earlier checkpoint sees it, or a witness does. */
export type Catch =
  | {
      readonly how: 'alone' | 'checkpoint';
      readonly verdict: VerdictName;
      readonly finding: string;
    }
  | { readonly how: 'missed' }
  | { readonly how: 'not-applicable'; readonly why: string };

export interface DrillResult {
  readonly manipulation: Manipulation;
  readonly caught: Catch;
}

/** The store that the drill is to be made on does not verify as it is. */
export class NotVerified extends Error {
  override readonly name = 'NotVerified';
}

/**
 * Copies a store into `folder`, signs the copy with a key of its own, manipulates it in every way there is,
 * each time from the beginning, and tells what catches it. The store itself is only read. Throws a
 * `NotVerified` if there is something wrong with it already.
 */
export async function* runDrill(store: string, folder: string): AsyncGenerator<DrillResult> {
  const base = join(folder, 'base.db');
  const signer = await copyStore(store, base);
  const honest = await verifyStore({ file: base, signer }, undefined);
  const doubtful = honest.verdicts.find(
    ({ outcome }) => outcome !== 'verified' && outcome !== 'not-asked',
  );
  if (doubtful !== undefined)
    throw new NotVerified(
      `${store} is not verified as it is (${doubtful.name}: ${doubtful.findings[0] ?? doubtful.detail})`,
    );
  const since = lastCheckpoint(base);
  for (const manipulation of MANIPULATIONS) {
    const file = join(folder, 'manipulated.db');
    copyFileSync(base, file);
    yield { manipulation, caught: await tryOne(manipulation, { file, signer, since }) };
  }
}

async function copyStore(store: string, base: string): Promise<Signer> {
  const source = new DatabaseSync(store, { readOnly: true });
  try {
    await backup(source, base);
  } finally {
    source.close();
  }
  const db = new DatabaseSync(base);
  try {
    db.exec('PRAGMA journal_mode = DELETE');
    dropGuards(db);
    const signer = makeSigner(originOf(new ForgedLog(db)));
    // As it is: only the signature is another.
    const { edge, size } = readEdge(db);
    signTree(db, signer, { size, root: new CompactRange(sha256, size, edge).root() });
    return signer;
  } finally {
    db.close();
  }
}

function readEdge(db: DatabaseSync): { size: number; edge: Uint8Array } {
  const state = db.prepare('SELECT size, edge FROM log_state').get();
  return state as unknown as { size: number; edge: Uint8Array };
}

function originOf(log: ForgedLog): string {
  const [first] = log.entries;
  const origin = first === undefined ? undefined : ForgedLog.read(first)['origin'];
  if (typeof origin !== 'string') throw new NotVerified('the store has no log');
  return origin;
}

function makeSigner(name: string): Signer {
  const seed = new Uint8Array(randomBytes(32));
  return openSigner(makeSignerKey(sha256, publicKeyOf, { name, type: 'note', seed }));
}

interface Given {
  readonly file: string;
  readonly signer: Signer;
  readonly since: Uint8Array;
}

async function tryOne(manipulation: Manipulation, given: Given): Promise<Catch> {
  try {
    manipulate(manipulation, given);
  } catch (error) {
    if (error instanceof NotApplicable) return { how: 'not-applicable', why: error.message };
    throw error;
  }
  const alone = readCatch(await verifyStore(given, undefined));
  if (alone !== undefined) return { how: 'alone', ...alone };
  const later = readCatch(await verifyStore(given, given.since));
  return later === undefined ? { how: 'missed' } : { how: 'checkpoint', ...later };
}

function manipulate({ apply }: Manipulation, { file, signer }: Given): void {
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON');
    const forge = (change: (log: ForgedLog) => void): void => {
      const log = new ForgedLog(db);
      change(log);
      writeLog(db, { entries: log.encode(), tagRows: log.tagRows() }, signer);
    };
    apply({ db, signer, forge, targets: new Targets(new ForgedLog(db)) });
  } finally {
    db.close();
  }
}

type Caught = { readonly verdict: VerdictName; readonly finding: string };

function readCatch({ verdicts }: Pick<VerifyReport, 'verdicts'>): Caught | undefined {
  const caught = verdicts.find(
    ({ outcome }) => outcome === 'refuted' || outcome === 'misbehaviour',
  );
  return caught && { verdict: caught.name, finding: caught.findings[0] ?? caught.detail };
}

async function verifyStore(
  { file, signer }: Pick<Given, 'file' | 'signer'>,
  since: Uint8Array | undefined,
): Promise<VerifyReport> {
  const { key } = signer;
  const log = openStoreLog(sha256, file);
  try {
    const trust = { origin: key.name, logKeys: [key] };
    return await verifyLog(log, { crypto: { sha256, verifyEd25519 }, trust, since });
  } finally {
    log.close();
  }
}

function lastCheckpoint(file: string): Uint8Array {
  const log = openStoreLog(sha256, file);
  try {
    return log.checkpoint;
  } finally {
    log.close();
  }
}
