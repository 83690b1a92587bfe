import {
  BUNDLE_FORMAT,
  type Manifest,
  MEMBERS,
  type WithheldReason,
  writeContentLine,
  writeSelectedLine,
  type KeysMember,
} from '../audit/bundle-format.ts';
import { disclose } from '../audit/disclosed.ts';
import { decodeEnvelope, type Envelope } from '../audit/envelope.ts';
import { toHex } from '../audit/hex.ts';
import { sha256 } from '../recorder/crypto.ts';
import type { Prover } from '../recorder/prover.ts';
import type { Reader } from '../store/store.ts';
import type { WholeEntry } from '../store/whole-entry.ts';
import { encodeBase64 } from '../tlog/base64.ts';
import { encodeEntryBundle } from '../tlog/entry-bundle.ts';
import type { BundlePlan, SharedTagKey } from './bundle-plan.ts';
import { pagesOfRange } from './entry-pages.ts';
import { WithheldRuns } from './withheld-runs.ts';
import type { ZipMember } from './zip-stream.ts';

/** What the members are read with. */
export interface BundleSources {
  readonly reader: () => Reader;
  readonly prover: Prover;
  readonly verifierKeys: readonly string[];
}

type Chunks = AsyncGenerator<Uint8Array, void, void>;

/**
 * The members of a bundle. They have to be read in the order of their names: what is withheld is found out
 * while the contents are written, so that each entry is decided on once, whatever is erased meanwhile.
 */
export function bundleMembers(plan: BundlePlan, sources: BundleSources): ZipMember[] {
  const { reader, prover } = sources;
  const { range, since, checkpoint } = plan;
  const withheld = new WithheldRuns();
  const members = {
    [MEMBERS.after]: () => later(() => prover.rootsAfter(range.to)),
    [MEMBERS.before]: () => later(() => prover.edgeOf(range.from)),
    [MEMBERS.checkpoint]: () => later(async () => checkpoint.note),
    [MEMBERS.contents]: () => writeContents(plan, withheld),
    [MEMBERS.entries]: () => writeEntries(reader, range),
    [MEMBERS.keys]: () => writeKeys(plan, sources.verifierKeys),
    [MEMBERS.manifest]: () => later(async () => json(manifestOf(plan))),
    [MEMBERS.selected]: () => writeSelected(plan, prover),
    ...(since === undefined
      ? {}
      : {
          [MEMBERS.since]: () => later(async () => since.note),
          [MEMBERS.sinceProof]: () => writeGrowth(prover, since.size),
        }),
    [MEMBERS.withheld]: () => writeWithheld(withheld),
  };
  return Object.entries(members).map(([name, chunks]) => ({ name, chunks }));
}

function manifestOf({ checkpoint, range, query, ahead }: BundlePlan): Manifest {
  const { origin, size } = checkpoint;
  return { format: BUNDLE_FORMAT, origin, size, range, query, ahead: ahead.indexes };
}

async function* later(make: () => Promise<Uint8Array>): Chunks {
  yield await make();
}

function json(value: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

function lines(texts: readonly string[]): Uint8Array {
  return Buffer.from(texts.map((text) => `${text}\n`).join(''));
}

async function* writeContents(plan: BundlePlan, withheld: WithheldRuns): Chunks {
  for await (const page of plan.all()) {
    const texts = page.flatMap((whole) => contentLine(plan, withheld, whole));
    if (texts.length > 0) yield lines(texts);
  }
}

/** Every content is either shown, or withheld for a reason, or was erased by an erasure that is in the bundle. */
function contentLine(plan: BundlePlan, withheld: WithheldRuns, whole: WholeEntry): string[] {
  const { index, content } = whole;
  const envelope = decodeEnvelope(whole.entry);
  if (envelope.publicPayload !== undefined) return [];
  const view = plan.viewOf(whole, envelope.kind);
  if (content !== undefined && typeof view === 'function')
    return [writeContentLine({ index, content: disclose(sha256, content, view) })];
  const reason = reasonOf(plan, index, envelope, typeof view === 'function' ? 'erased' : view);
  if (reason !== undefined) withheld.add(index, reason);
  return [];
}

function reasonOf(
  { ahead }: BundlePlan,
  index: number,
  { retainUntil }: Envelope,
  reason: WithheldReason,
): WithheldReason | undefined {
  if (reason !== 'erased') return reason;
  const isCovered = ahead.erasures.some(
    ({ from, to, at }) => from <= index && index < to && retainUntil > 0 && retainUntil <= at,
  );
  return isCovered ? undefined : 'erased';
}

async function* writeEntries(reader: () => Reader, range: BundlePlan['range']): Chunks {
  for await (const page of pagesOfRange(reader, range))
    yield encodeEntryBundle(page.map(({ entry }) => entry));
}

async function* writeSelected({ selected, range }: BundlePlan, prover: Prover): Chunks {
  for await (const page of selected()) {
    const texts: string[] = [];
    for (const { index, entry } of page)
      if (index < range.from || index >= range.to)
        texts.push(writeSelectedLine(index, entry, await prover.proveInclusion(index)));
    if (texts.length > 0) yield lines(texts);
  }
}

/** One object as `KeysMember` says, a tag key a line. */
async function* writeKeys({ tagKeys }: BundlePlan, verifierKeys: readonly string[]): Chunks {
  yield Buffer.from(`{"log":${JSON.stringify(verifierKeys)},"tags":[`);
  let separator = '\n';
  for await (const page of tagKeys())
    for (const key of page) {
      yield Buffer.from(separator + JSON.stringify(tagKeyJson(key)));
      separator = ',\n';
    }
  yield Buffer.from(']}\n');
}

function tagKeyJson({ whose, name, key, next }: SharedTagKey): KeysMember['tags'][number] {
  return { whose, name, key: toHex(key), ...(next === undefined ? {} : { next }) };
}

async function* writeGrowth(prover: Prover, size: number): Chunks {
  yield lines((await prover.proveGrowth(size)).map(encodeBase64));
}

async function* writeWithheld(withheld: WithheldRuns): Chunks {
  for (const page of withheld.pages()) yield lines(page.map((line) => JSON.stringify(line)));
}
