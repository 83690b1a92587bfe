import { parseCheckpoint } from '../tlog/checkpoint.ts';
import { HASH_SIZE } from '../tlog/hash.ts';
import { splitNote } from '../tlog/note-form.ts';
import { parseHashes } from '../tlog/proof-lines.ts';
import { TlogRefused } from '../tlog/tlog-refused.ts';
import { decodeUtf8 } from '../tlog/utf8.ts';
import { type Manifest, MEMBERS } from './bundle-format.ts';
import { memberOf, readItems } from './bundle-items.ts';
import { readManifest, readTagKeys } from './bundle-manifest.ts';
import { type BundleMembers, findMembers } from './bundle-members.ts';
import { BundleRefused } from './bundle-refused.ts';
import type { LogItem, VerifiableLog } from './verifiable-log.ts';

/** Of members that are read at once. */
const LIMITS = {
  [MEMBERS.manifest]: 8 << 20,
  [MEMBERS.keys]: 16 << 20,
  [MEMBERS.checkpoint]: 1 << 20,
  [MEMBERS.since]: 1 << 20,
  [MEMBERS.sinceProof]: 1 << 14,
  [MEMBERS.before]: 64 * HASH_SIZE,
  [MEMBERS.after]: 128 * HASH_SIZE,
} as const;

const MAX_AHEAD_BYTES = 64 << 20;

/**
 * Reads a bundle, of which nothing is believed but what it says of itself, and that only as far as it fits
 * together: `verifyLog` judges it. Whatever its size, little of it is in memory at a time.
 *
 * Throws a BundleRefused, here and from `items()`, for what is no bundle. What reading the file throws is
 * passed on (a DOMException `NotReadableError`).
 */
export async function openBundle(file: Blob): Promise<VerifiableLog> {
  const members = await findMembers(file);
  const manifest = readManifest(await readDemanded(members, MEMBERS.manifest));
  const checkpoint = await readDemanded(members, MEMBERS.checkpoint);
  checkAgainst(checkpoint, manifest);
  const { since, proof } = await readGrowth(members);
  const keys = await readWhole(members, MEMBERS.keys);
  return {
    checkpoint,
    range: manifest.range,
    before: await readRoots(members, MEMBERS.before),
    after: splitHashes(await readRoots(members, MEMBERS.after)),
    tagKeys: members.has(MEMBERS.keys) ? readTagKeys(keys) : [],
    ahead: await findAhead(members, manifest),
    proveGrowth: async (size) => (size === since ? proof : undefined),
    items: () => readItems(members, manifest),
  };
}

type LimitedMember = keyof typeof LIMITS;

async function readDemanded(members: BundleMembers, name: LimitedMember): Promise<Uint8Array> {
  if (!members.has(name)) throw new BundleRefused(name, 'it is missing');
  return readWhole(members, name);
}

async function readWhole(members: BundleMembers, name: LimitedMember): Promise<Uint8Array> {
  const member = memberOf(members, name);
  if (member.size > LIMITS[name])
    throw new BundleRefused(name, `it has ${member.size} bytes, and may have ${LIMITS[name]}`);
  return new Uint8Array(await member.arrayBuffer());
}

async function readRoots(members: BundleMembers, name: LimitedMember): Promise<Uint8Array> {
  const bytes = await readWhole(members, name);
  if (bytes.length % HASH_SIZE !== 0)
    throw new BundleRefused(name, `its ${bytes.length} bytes are no hashes of ${HASH_SIZE}`);
  return bytes;
}

function splitHashes(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / HASH_SIZE }, (_, at) =>
    bytes.subarray(at * HASH_SIZE, (at + 1) * HASH_SIZE),
  );
}

function checkAgainst(note: Uint8Array, manifest: Manifest): void {
  const { origin, size } = parseNote(MEMBERS.checkpoint, note);
  if (origin !== manifest.origin || size !== manifest.size)
    throw new BundleRefused(MEMBERS.manifest, 'its origin and size are not the checkpoint’s');
}

/** What a note claims; whether it was signed is judged by others. */
function parseNote(member: string, note: Uint8Array): { origin: string; size: number } {
  try {
    return parseCheckpoint(splitNote(note).text, { mayExtend: true });
  } catch (error) {
    if (!(error instanceof TlogRefused)) throw error;
    throw new BundleRefused(member, error.message);
  }
}

interface Growth {
  readonly since: number | undefined;
  readonly proof: readonly Uint8Array[];
}

async function readGrowth(members: BundleMembers): Promise<Growth> {
  const { since, sinceProof } = MEMBERS;
  if (members.has(since) !== members.has(sinceProof))
    throw new BundleRefused(members.has(since) ? sinceProof : since, 'it is missing');
  if (!members.has(since)) return { since: undefined, proof: [] };
  const { size } = parseNote(since, await readWhole(members, since));
  return { since: size, proof: parseProof(await readWhole(members, sinceProof)) };
}

function parseProof(bytes: Uint8Array): readonly Uint8Array[] {
  const lines = decodeUtf8(bytes)?.split('\n') ?? [''];
  const hashes = lines.pop() === '' ? parseHashes(lines) : undefined;
  if (hashes === undefined)
    throw new BundleRefused(MEMBERS.sinceProof, 'it is no list of hashes, one a line');
  return hashes;
}

/** Goes through the bundle as far as the last of them. */
async function findAhead(members: BundleMembers, manifest: Manifest): Promise<readonly LogItem[]> {
  const wanted = new Set(manifest.ahead);
  const found: LogItem[] = [];
  if (wanted.size === 0) return found;
  let bytes = 0;
  for await (const items of readItems(members, manifest)) {
    const ahead = items.filter(({ index }) => wanted.has(index));
    for (const item of ahead) found.push({ ...item, entry: item.entry.slice() });
    bytes = ahead.reduce((sum, item) => sum + sizeOf(item), bytes);
    if (bytes > MAX_AHEAD_BYTES)
      throw new BundleRefused(MEMBERS.manifest, 'the entries ahead are too long to be kept');
    if (found.length === wanted.size) return found;
  }
  const missing = manifest.ahead[found.length];
  throw new BundleRefused(MEMBERS.manifest, `ahead: entry ${missing} is not in the bundle`);
}

function sizeOf({ entry, content }: LogItem): number {
  const sections = Object.values(content?.sections ?? {});
  return sections.reduce((size, { bytes }) => size + bytes.length, entry.length);
}
