import { decodeEnvelope, KINDS } from '../audit/envelope.ts';
import type { AuditRecord } from '../audit/record.ts';
import type { Instant } from '../domain/time.ts';
import type { Reader } from '../store/store.ts';
import type { WholeEntry } from '../store/whole-entry.ts';
import { Grounds } from './bundle-grounds.ts';
import { allTagKeys, type BundleBody, findAhead, inOrder, type View } from './bundle-plan.ts';
import { eachOf, type EntryPage, pagesAt, pagesOfRange, recordOf } from './entry-pages.ts';
import { findFirst } from '../recorder/search-pages.ts';
import { textAt } from './record-fields.ts';

/** The time that is asked for: from `from` up to but not including `to`. */
export interface AskedTime {
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
}

/** Kinds whose content before the asked time is nobody's ground: accesses and reading of the log. */
const ONLY_IF_ASKED: ReadonlySet<number> = new Set([
  KINDS['access.attempted'],
  KINDS['access.finished'],
  KINDS['access.refused'],
  KINDS['access.interrupted'],
  KINDS['log reading'],
]);

/** A bundle of a contiguous part of the log: all of it, or what happened in some time with what that rests on. */
export async function planWhole(
  reader: () => Reader,
  asked: AskedTime,
  size: number,
): Promise<BundleBody> {
  const first = asked.from === undefined ? 0 : await reader().indexAt(asked.from, size);
  const end = asked.to === undefined ? size : await reader().indexAt(asked.to, size);
  const to = Math.max(first, end);
  const ahead = await findAhead(reader, size);
  const ground = asked.from === undefined ? WHOLE : await findGround(reader, { from: first, to });
  const range = { from: ground.from, to };
  const outside = inOrder([...ground.policies, ...ahead.indexes], size).filter(
    (index) => index < range.from || index >= range.to,
  );
  const before = outside.filter((index) => index < range.from);
  const after = outside.filter((index) => index >= range.to);
  return {
    range,
    all: () => inTurn(pagesAt(reader, before), pagesOfRange(reader, range), pagesAt(reader, after)),
    selected: () => pagesAt(reader, outside),
    ahead,
    viewOf: ({ index }, kind) => viewOf(index < first && ONLY_IF_ASKED.has(kind)),
    tagKeys: () => allTagKeys(reader),
  };
}

function viewOf(isUnasked: boolean): View {
  return isUnasked ? 'not-asked' : () => true;
}

/** Where a range has to begin, and the loaded policies before it that are named in it. */
interface Ground {
  readonly from: number;
  readonly policies: readonly number[];
}

const WHOLE: Ground = { from: 0, policies: [] };

/**
 * The earliest entry that the accesses of a range rest on: their visits, what those stand on, and the sign-ins
 * of both. Every change since then lies behind it, so that none can be left out.
 */
async function findGround(
  reader: () => Reader,
  range: { readonly from: number; readonly to: number },
): Promise<Ground> {
  const grounds = new Grounds(reader);
  const firsts = new FirstEntries(reader);
  for await (const whole of eachOf(pagesOfRange(reader, range))) {
    if (decodeEnvelope(whole.entry).kind !== KINDS['access.attempted']) continue;
    const access = recordOf(whole);
    const facts = await firsts.named(access);
    const deeper = await Promise.all(facts.map((fact) => firsts.named(fact)));
    for (const record of [access, ...facts, ...deeper.flat()]) grounds.note(record);
  }
  const starts = await grounds.startsOfSessions();
  const from = Math.min(range.from, firsts.earliest, ...starts.map(({ index }) => index));
  const inForce = await grounds.lastLoad(from);
  const policies = [
    ...(await grounds.loadsOfPolicies()),
    ...(inForce === undefined ? [] : [inForce]),
  ];
  return { from, policies };
}

/** Requests to one account, a few at a time. */
const FEW = 8;

/** The first entries of visits and bases, each looked for once. */
class FirstEntries {
  readonly #reader: () => Reader;
  readonly #known = new Set<string>();
  earliest = Infinity;

  constructor(reader: () => Reader) {
    this.#reader = reader;
  }

  /** Those that a record names and none before it did. */
  async named(record: AuditRecord): Promise<AuditRecord[]> {
    const names = { visit: textAt(record, 'visit'), basis: textAt(record, 'basis', 'id') };
    const records: AuditRecord[] = [];
    for (const [what, name] of Object.entries(names)) {
      if (name === undefined || this.#known.has(name)) continue;
      this.#known.add(name);
      const query = { [what]: name, order: 'asc', limit: 1 } as const;
      const [first] = await this.#reader().wholeFound(query);
      if (first !== undefined) records.push(this.#noted(first));
      const submission = first && (await this.#submissionOf(recordOf(first)));
      if (submission !== undefined) records.push(submission);
    }
    return records;
  }

  /** Where the request was made that a grant answers. */
  async #submissionOf(record: AuditRecord): Promise<AuditRecord | undefined> {
    const request = textAt(record, 'accessRequest');
    const account = textAt(record, 'account');
    if (record.event !== 'access-request.approved' || this.#known.has(`${request}`))
      return undefined;
    this.#known.add(`${request}`);
    const event = 'access-request.submitted';
    const wish = { event, account, order: 'desc', below: record.index, pageSize: FEW } as const;
    const isIt = (whole: WholeEntry) => textAt(recordOf(whole), 'accessRequest') === request;
    const found = await findFirst((query) => this.#reader().wholeFound(query), wish, isIt);
    return found && this.#noted(found);
  }

  #noted(first: WholeEntry): AuditRecord {
    this.earliest = Math.min(this.earliest, first.index);
    return recordOf(first);
  }
}

async function* inTurn(
  ...parts: readonly AsyncIterable<EntryPage>[]
): AsyncGenerator<EntryPage, void, void> {
  for (const part of parts) yield* part;
}
