import { type Content, SALT_SIZE, SECTIONS } from '../../src/audit/content.ts';
import { decodeEnvelope, KINDS } from '../../src/audit/envelope.ts';
import type { LogItem, TagKey, VerifiableLog } from '../../src/audit/verifiable-log.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { signNote } from '../../src/tlog/note.ts';
import { keyFor, signerFor, verifyEd25519 } from '../tlog/ed25519.ts';
import { naiveRoot } from './naive-tree.ts';
import { sha256 } from './sha256.ts';

type ContentRow = { readonly salts: Uint8Array } & {
  readonly [name in (typeof SECTIONS)[number]]: Uint8Array | null;
};

/** A log as its tables have it. */
export interface StoredTables {
  readonly entries: readonly { readonly idx: number; readonly entry: Uint8Array }[];
  readonly contents: ReadonlyMap<number, ContentRow>;
  readonly tagKeys: readonly { whose: string; name: string; key: Uint8Array; next: number }[];
}

/** What the verifier that people are given finds in a stored log, a line each; it is signed for it here. */
export async function verifyStored(log: StoredTables, origin: string): Promise<string[]> {
  const { verdicts } = await verifyLog(verifiable(log, origin), {
    crypto: { sha256, verifyEd25519 },
    trust: { origin, logKeys: [keyFor(origin).verifier] },
  });
  return verdicts
    .filter(({ outcome }) => outcome !== 'verified' && outcome !== 'not-asked')
    .flatMap(({ name, outcome, findings }) =>
      findings.map((finding) => `verifier: ${name} is ${outcome}: ${finding}`),
    );
}

function verifiable(log: StoredTables, origin: string): VerifiableLog {
  const items = log.entries.map(({ idx, entry }): LogItem => {
    const row = log.contents.get(idx);
    const content = row && { sections: contentOf(row), digests: undefined };
    return { index: idx, entry, content };
  });
  const root = naiveRoot(items.map(({ entry }) => hashLeaf(sha256, entry)));
  const text = formatCheckpoint({ origin, size: items.length, root });
  return {
    checkpoint: signNote(text, [signerFor(origin)]),
    range: { from: 0, to: items.length },
    before: new Uint8Array(),
    after: [],
    tagKeys: log.tagKeys.map(({ whose, ...rest }): TagKey => {
      return { whose: whose === 'actor' ? 'actor' : 'account', ...rest };
    }),
    ahead: items.filter(({ entry }) => isSaidAhead(entry)),
    proveGrowth: async () => undefined,
    async *items() {
      yield items;
    },
  };
}

function isSaidAhead(entry: Uint8Array): boolean {
  const { kind } = decodeEnvelope(entry);
  return kind === KINDS.erasure || kind === KINDS.hold;
}

function contentOf(row: ContentRow): Content {
  const present = SECTIONS.filter((name) => row[name] !== null);
  return Object.fromEntries(
    present.map((name, at) => {
      const salt = row.salts.subarray(at * SALT_SIZE, (at + 1) * SALT_SIZE);
      return [name, { bytes: row[name] ?? new Uint8Array(), salt }];
    }),
  );
}
