import { z } from 'zod';
import type { AuditRecord } from '../audit/record.ts';
import type { AccountId } from '../domain/ids.ts';
import { searchPages, type SearchWish } from '../recorder/search-pages.ts';
import { actorFields, type Caller, type Control } from './control.ts';
import { csvLines } from './export-csv.ts';
import { ocsfEvent } from './export-ocsf.ts';
import type { Handout } from './handout.ts';
import { parseInput } from './input.ts';
import { describeQuery, readableAccount, recordQueryInput, shownTo } from './records.ts';

const EXPORT_FORMATS = ['jsonl', 'csv', 'ocsf'] as const;
type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The same filters as `/records` has, and all that they find. */
export const exportInput = recordQueryInput.omit({ limit: true, cursor: true }).extend({
  format: z.enum(EXPORT_FORMATS),
  order: z.enum(['asc', 'desc']).default('asc'),
});

interface Writing {
  readonly mediaType: string;
  readonly ending: string;
  /** The text of some records; `isFirst`: nothing stands before it. */
  readonly write: (records: readonly AuditRecord[], isFirst: boolean) => string;
}

const jsonLines = (objects: readonly object[]): string =>
  objects.map((object) => `${JSON.stringify(object)}\n`).join('');

const WRITINGS: Readonly<Record<ExportFormat, Writing>> = {
  jsonl: { mediaType: 'application/x-ndjson', ending: 'jsonl', write: jsonLines },
  csv: { mediaType: 'text/csv; charset=utf-8; header=present', ending: 'csv', write: csvLines },
  ocsf: {
    mediaType: 'application/x-ndjson',
    ending: 'ocsf.jsonl',
    write: (records) => jsonLines(records.map(ocsfEvent)),
  },
};

/**
 * Hands out all records that a search finds, as the log stands now, in its order. That it was done is recorded
 * before the first byte. Throws `not-permitted`, `unknown-account`, `invalid-request`.
 */
export async function exportRecords(
  control: Control,
  caller: Caller,
  input: Readonly<Record<string, unknown>>,
): Promise<Handout> {
  const { format, ...filters } = parseInput(exportInput, input);
  const account = await readableAccount(control, caller, filters.account);
  const size = await control.recorder.catchUpSearch();
  await recordExport(control, caller, { account, query: describeQuery(input), format, size });
  const { mediaType, ending, write } = WRITINGS[format];
  const chunks = writeRecords(control, caller, { ...filters, account, below: size }, write);
  return { mediaType, fileName: `sallyport-records-${account ?? 'log'}-${size}.${ending}`, chunks };
}

/** Records that part of the log is handed out as a file: before the first byte of it. */
export async function recordExport(
  control: Control,
  caller: Caller,
  {
    account,
    ...what
  }: { account: AccountId | undefined; query: string; format: string; size: number },
): Promise<void> {
  const where = account === undefined ? {} : { account };
  const by = actorFields(caller);
  await control.recorder.record([{ event: 'log.exported', ...by, ...where, ...what }]);
}

async function* writeRecords(
  { recorder }: Control,
  caller: Caller,
  wish: SearchWish,
  write: Writing['write'],
): AsyncGenerator<Uint8Array, void, void> {
  let isFirst = true;
  for await (const page of searchPages((query) => recorder.reader.records(query), wish)) {
    const shown = page.map((record) => shownTo(caller, record));
    yield Buffer.from(write(shown, isFirst));
    isFirst = false;
  }
  if (isFirst) yield Buffer.from(write([], isFirst));
}
