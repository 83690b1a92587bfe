import { readFileSync } from 'node:fs';
import { prepareEntry } from '../../src/audit/entry.ts';
import { encodeEnvelope, KINDS, tagOf } from '../../src/audit/envelope.ts';
import type { LogItem, TagKey, VerifiableLog } from '../../src/audit/verifiable-log.ts';
import { type VerifyOptions, type VerifyReport, verifyLog } from '../../src/audit/verify.ts';
import type { Event } from '../../src/domain/event.ts';
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts';
import { CompactRange } from '../../src/tlog/compact-range.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { planInclusion } from '../../src/tlog/inclusion.ts';
import { signNote } from '../../src/tlog/note.ts';
import { heightsBetween } from '../../src/tlog/subtree.ts';
import { fulfilAtOnce } from '../../src/tlog/tile-plan.ts';
import type { Tile } from '../../src/tlog/tile.ts';
import { joinBytes } from '../../src/tlog/bytes.ts';
import { keyFor, signerFor, verifyEd25519 } from '../tlog/ed25519.ts';
import { naiveEdge, naiveRoot } from './naive-tree.ts';
import { sha256 } from './sha256.ts';
import { NOON } from './specimens.ts';

export const ORIGIN = 'log.example/1';
export const DAY_MS = 86_400_000;
export const RETENTION_MS = 365 * DAY_MS;

/** The package's own policy, as it is loaded. */
export const POLICY = {
  model: readFileSync(new URL('../../policy.conf', import.meta.url), 'utf8'),
  rules: readFileSync(new URL('../../policy.csv', import.meta.url), 'utf8'),
};

export interface Telling {
  /** Milliseconds since the epoch; the last one's unless said. */
  readonly at?: number;
  readonly account?: string;
  readonly kind?: number;
}

/**
 * A log that tells whatever it is told to, without asking a gateway or a judge: for verifiers, who must
 * not believe it.
 */
export class ToldLog {
  readonly items: LogItem[] = [];
  readonly #keys = new Map<string, { key: Uint8Array; next: number }>();
  readonly #origin: string;
  #at = NOON;

  constructor(origin = ORIGIN) {
    this.#origin = origin;
  }

  get size(): number {
    return this.items.length;
  }

  /** Tells one thing more; answers with its index. */
  tell(event: Event, telling: Telling = {}): number {
    const entry = prepareEntry(event, { sha256, salt: () => sha256(seed(this.size)).slice(0, 16) });
    this.#at = telling.at ?? this.#at;
    const { statesUntil } = entry;
    const end = statesUntil === 'open' ? 0 : Math.max(this.#at, statesUntil ?? 0) + RETENTION_MS;
    const bytes = encodeEnvelope({
      kind: telling.kind ?? entry.kind,
      isClockClamped: false,
      time: this.#at,
      retainUntil: entry.publicPayload === undefined ? end : 0,
      commitment: entry.commitment,
      accountTag: this.#tag('account', telling.account ?? entry.account),
      actorTag: this.#tag('actor', entry.actor),
      publicPayload: entry.publicPayload,
    });
    const content =
      entry.publicPayload === undefined
        ? { sections: entry.content, digests: undefined }
        : undefined;
    return this.items.push({ index: this.size, entry: bytes, content }) - 1;
  }

  /** Leaves out the content of an entry, as an erasure does. */
  forget(index: number): void {
    this.#replace(index, { content: undefined });
  }

  withhold(index: number, reason = 'sealed'): void {
    this.#replace(index, { content: undefined, withheld: reason });
  }

  /** Changes what is handed over, after it was signed. */
  edit(index: number, change: (item: LogItem) => Partial<LogItem>): void {
    const item = this.items[index];
    if (item !== undefined) this.#replace(index, change(item));
  }

  #replace(index: number, over: Partial<LogItem>): void {
    const item = this.items[index];
    if (item !== undefined) this.items[index] = { ...item, ...over };
  }

  /** The signed note over the first `size` entries as they are now. */
  checkpoint(size = this.size): Uint8Array {
    const root = naiveRoot(this.leaves().slice(0, size));
    const text = formatCheckpoint({ origin: this.#origin, size, root });
    return signNote(text, [signerFor(this.#origin)]);
  }

  leaves(): Uint8Array[] {
    return this.items.map(({ entry }) => hashLeaf(sha256, entry));
  }

  tagKeys(): TagKey[] {
    return [...this.#keys].map(([id, { key, next }]) => {
      const [whose = '', name = ''] = id.split('|');
      return { whose: whose === 'actor' ? 'actor' : 'account', name, key, next };
    });
  }

  /** The whole of it, signed as it is now. */
  whole(over: Partial<VerifiableLog> = {}): VerifiableLog {
    return this.part({ from: 0, to: this.size }, over);
  }

  /** A range of it; `beside` are indexes of entries outside that come with proofs of their own. */
  part(
    range: { from: number; to: number },
    over: Partial<VerifiableLog> = {},
    beside: readonly number[] = [],
  ): VerifiableLog {
    const leaves = this.leaves();
    const { items } = this;
    const given = items
      .filter(({ index }) => (index >= range.from && index < range.to) || beside.includes(index))
      .map((item) => (beside.includes(item.index) ? { ...item, proof: this.#prove(item) } : item));
    return {
      checkpoint: this.checkpoint(),
      range,
      before: naiveEdge(leaves.slice(0, range.from)),
      after: rootsBetween(leaves, range.to),
      tagKeys: this.tagKeys(),
      ahead: given.filter(isSaidAhead),
      proveGrowth: async () => undefined,
      async *items() {
        for (const item of given) yield [item];
      },
      ...over,
    };
  }

  #prove({ index }: LogItem): readonly Uint8Array[] {
    const leaves = this.leaves();
    return fulfilAtOnce(planInclusion(sha256, index, leaves.length), (tile) =>
      tileOf(leaves, tile),
    );
  }

  #tag(whose: TagKey['whose'], name: string | undefined): Uint8Array {
    if (name === undefined) return sha256(seed(1000 + this.size)).slice(0, 16);
    const id = `${whose}|${name}`;
    const known = this.#keys.get(id) ?? { key: sha256(Buffer.from(id)), next: 0 };
    this.#keys.set(id, known);
    known.next += 1;
    return tagOf(sha256, whose, known.key, known.next - 1);
  }
}

/** Verifies it as somebody does who has the log's key. */
export function verifyTold(
  log: VerifiableLog,
  over: Partial<VerifyOptions> = {},
): Promise<VerifyReport> {
  return verifyLog(log, {
    crypto: { sha256, verifyEd25519 },
    trust: { origin: ORIGIN, logKeys: [keyFor(ORIGIN).verifier] },
    ...over,
  });
}

function isSaidAhead({ entry }: LogItem): boolean {
  return entry[4] === KINDS.erasure || entry[4] === KINDS.hold;
}

function seed(n: number): Uint8Array {
  return Buffer.from(`salt ${n}`);
}

function rootsBetween(leaves: readonly Uint8Array[], from: number): Uint8Array[] {
  let at = from;
  return heightsBetween(from, leaves.length).map((height) => {
    const root = naiveRoot(leaves.slice(at, at + 2 ** height));
    at += 2 ** height;
    return root;
  });
}

function tileOf(leaves: readonly Uint8Array[], { level, index, width }: Tile): Uint8Array {
  const span = 256 ** level;
  const hashes = Array.from({ length: width }, (_, at) => {
    const first = (index * 256 + at) * span;
    const range = new CompactRange(sha256);
    for (const leaf of leaves.slice(first, first + span)) range.append(leaf);
    return range.root();
  });
  return joinBytes(...hashes);
}
