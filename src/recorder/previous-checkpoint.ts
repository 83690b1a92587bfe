import type { AuditRecord } from '../audit/record.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { LogRefused } from './log-refused.ts';
import type { SigningPlaces } from './open-publisher.ts';
import { readFileIfThere } from './private-file.ts';
import { openCheckpoint, type SignedCheckpoint } from './signed-checkpoint.ts';

/** The note is kept in an entry, and those are handed out behind a length of two bytes. */
const MAX_NOTE_BYTES = 32 * 1024;

/** Where to look for what was signed of the log before. */
export interface PreviousWish {
  /** Of the new epoch; its guard file may still be that of the log before. */
  readonly places: SigningPlaces;
  /** Whom to believe about the log before. */
  readonly previousKey: VerifierKey;
  /** A checkpoint of it that was kept elsewhere. */
  readonly checkpoint: Uint8Array | undefined;
}

/**
 * The largest checkpoint of the log before that can be found: the one that was kept elsewhere, the guard's,
 * the database's own. Throws `LogRefused` if none of them is one that its key has signed, if the one that was
 * given is not, and if the log before has the new name already.
 */
export async function findPrevious(
  wish: PreviousWish,
  old:
    | { readonly first: AuditRecord | undefined; readonly note: Uint8Array | undefined }
    | undefined,
): Promise<SignedCheckpoint> {
  const { places, previousKey, checkpoint } = wish;
  demandNewName(places.origin, [previousKey.name, old?.first?.['origin']]);
  const opened = [
    openPrevious(wish, checkpoint, 'the checkpoint that was given'),
    openPrevious(wish, await readFileIfThere(places.guardFile), `the guard ${places.guardFile}`),
    openPrevious(wish, old?.note, 'the last checkpoint in the database'),
  ];
  const [given] = opened;
  if (typeof given === 'string') throw new LogRefused(given);
  const found = opened.filter((one) => typeof one === 'object');
  const [last] = found.toSorted((one, other) => other.size - one.size);
  if (last !== undefined) return last;
  const why = opened.filter((one) => typeof one === 'string').join('; ');
  throw new LogRefused(
    `no checkpoint of ${previousKey.name} is to be found (${why === '' ? 'neither guard nor database has one' : why}). ` +
      'Give one that you or somebody else has kept: --checkpoint FILE',
  );
}

function demandNewName(origin: string, old: readonly unknown[]): void {
  if (old.includes(origin))
    throw new LogRefused(
      `log.origin is still ${origin}: a new epoch is another log. Give the configuration a new log.origin and a new log.keyFile`,
    );
}

/** A checkpoint; or why it is none; `undefined` if it is not there. */
function openPrevious(
  { previousKey }: PreviousWish,
  note: Uint8Array | undefined,
  where: string,
): SignedCheckpoint | string | undefined {
  if (note === undefined) return undefined;
  if (note.length > MAX_NOTE_BYTES) return `${where} is too long`;
  try {
    return openCheckpoint(previousKey.name, [previousKey], note);
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    return `${where} is none that this key has signed (${error.message})`;
  }
}
