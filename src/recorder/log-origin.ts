import type { AuditRecord } from '../audit/record.ts';
import type { Reader } from '../store/store.ts';
import { LogRefused } from './log-refused.ts';

/** The name that the log in the database gives itself, by its first entry; `undefined` while it is empty. Throws `LogRefused` if that entry says nothing of the kind. */
async function readOrigin(reader: Reader): Promise<string | undefined> {
  const first = await readFirst(reader);
  if (first === undefined) return undefined;
  const isBeginning = first.event === 'log.begun' || first.event === 'log.recovered';
  const origin = first['origin'];
  if (isBeginning && typeof origin === 'string') return origin;
  throw new LogRefused('the first entry in the database does not begin a log: it was changed');
}

/** Throws `LogRefused` if the log in the database has another name than this one. */
export async function demandOrigin(reader: Reader, origin: string): Promise<void> {
  const found = await readOrigin(reader);
  if (found !== undefined && found !== origin)
    throw new LogRefused(
      `the log in the database is ${found}, but log.origin is ${origin}: a log keeps its name. ` +
        'If its newest database is lost, begin a new epoch: sallyport log recover --config FILE --statement TEXT',
    );
}

async function readFirst(reader: Reader): Promise<AuditRecord | undefined> {
  try {
    return await reader.record(0);
  } catch (error) {
    throw new LogRefused(`the first entry in the database is damaged (${String(error)})`);
  }
}
