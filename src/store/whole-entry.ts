import { type Content, SALT_SIZE, SECTIONS } from '../audit/content.ts';
import type { Schema } from './schema.ts';

/** An entry with all that is kept of it: what proofs, receipts and bundles are made of. */
export interface WholeEntry {
  readonly index: number;
  /** The envelope. */
  readonly entry: Uint8Array;
  /** Absent where it is public, or its content was erased. */
  readonly content: Content | undefined;
}

export type StoredContent = Omit<Schema['contents'], 'idx'>;

/** The sections with their salts; `undefined` if there is not one salt for each. */
export function readStoredContent(row: StoredContent): Content | undefined {
  const present = SECTIONS.flatMap((name) => {
    const bytes = row[name];
    return bytes === null ? [] : [{ name, bytes }];
  });
  if (row.salts.length !== present.length * SALT_SIZE) return undefined;
  return Object.fromEntries(
    present.map(({ name, bytes }, at) => {
      const salt = row.salts.slice(at * SALT_SIZE, (at + 1) * SALT_SIZE);
      return [name, { bytes, salt }];
    }),
  );
}
