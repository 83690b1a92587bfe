import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
import { hex, sha256 } from './sha256.ts';

/**
 * Reads a bundle as another team would from `docs/log-format.md`: with a ZIP reader, a hash and a signature
 * check, and nothing of ours.
 */
export interface ReadBundle {
  readonly manifest: { origin: string; size: number; range: Range; query: string; ahead: number[] };
  readonly keys: { log: string[]; tags: TagKeyJson[] };
  /** Everything in it that is proved to be in the log, in the order of the log. */
  readonly entries: readonly ReadEntry[];
  readonly members: ReadonlyMap<string, Buffer>;
}

export interface ReadEntry {
  readonly index: number;
  readonly entry: Buffer;
  readonly kind: number;
  /** The fields of each section that is shown. */
  readonly sections: Readonly<Record<string, Record<string, unknown>>> | undefined;
  readonly withheld: string | undefined;
}

interface Range {
  from: number;
  to: number;
}

interface TagKeyJson {
  whose: string;
  name: string;
  key: string;
  next?: number;
}

const NAMES = ['action', 'actor', 'net', 'reason', 'subject'];
const ALWAYS =
  'after before checkpoint contents.ndjson entries keys.json manifest.json selected.ndjson withheld.ndjson';

/** Asserts that every line of a bundle is what it has to be. */
export async function readBundle(zip: Uint8Array, vkey: string): Promise<ReadBundle> {
  const members = await unzip(zip);
  const text = (name: string): string => memberOf(members, name).toString('utf8');
  const json = (name: string) => JSON.parse(text(name));
  const lines = (name: string) =>
    text(name)
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const manifest = json('manifest.json');
  assert.equal(manifest.format, 'sallyport-bundle/v1');
  const { size, root, origin } = openCheckpoint(text('checkpoint'), vkey);
  assert.deepEqual([manifest.size, manifest.origin], [size, origin]);
  const range = entriesOf(memberOf(members, 'entries'), manifest.range);
  const sides = { before: memberOf(members, 'before'), after: memberOf(members, 'after') };
  checkRange(range, manifest, sides, root);
  const selected = lines('selected.ndjson').map((line) => checkSelected(line, size, root));
  const bare = [...range, ...selected].toSorted((one, other) => one.index - other.index);
  assert.equal(
    new Set(bare.map(({ index }) => index)).size,
    bare.length,
    'an entry is there twice',
  );
  const entries = joinContents(bare, lines('contents.ndjson'), lines('withheld.ndjson'), manifest);
  return { manifest, keys: json('keys.json'), entries, members };
}

async function unzip(zip: Uint8Array): Promise<Map<string, Buffer>> {
  const reader = new ZipReader(new Uint8ArrayReader(new Uint8Array(zip)), { useWebWorkers: false });
  const members = new Map<string, Buffer>();
  for (const entry of await reader.getEntries()) {
    assert.ok(!entry.directory && entry.getData !== undefined);
    assert.equal(entry.compressionMethod, 0, 'a member is compressed');
    assert.equal(entry.rawLastModDate, 0x210000, 'a member has a date');
    const data = await entry.getData(new Uint8ArrayWriter(), { checkCrc32: true });
    members.set(entry.filename, Buffer.from(data));
  }
  const names = [...members.keys()];
  assert.deepEqual(names, names.toSorted());
  assert.deepEqual(names.filter((name) => !name.startsWith('since/')).join(' '), ALWAYS);
  return members;
}

function memberOf(members: ReadonlyMap<string, Buffer>, name: string): Buffer {
  const member = members.get(name);
  assert.ok(member !== undefined, `there is no member ${name}`);
  return member;
}

function openCheckpoint(note: string, vkey: string) {
  const [origin = '', , key = ''] = /^(.+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey.trim())?.slice(1) ?? [];
  const [body = '', signatures = ''] = note.split('\n\n');
  const signature = /^— (.+) (\S+)\n$/.exec(signatures);
  assert.equal(signature?.[1], origin);
  const x = Buffer.from(key, 'base64').subarray(1).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const bytes = Buffer.from(signature?.[2] ?? '', 'base64').subarray(4);
  assert.ok(verify(null, Buffer.from(`${body}\n`), publicKey, bytes), 'the signature is wrong');
  const [named, digits, root = ''] = body.split('\n');
  assert.equal(named, origin);
  return { origin, size: Number(digits), root: Buffer.from(root, 'base64') };
}

interface BareEntry {
  readonly index: number;
  readonly entry: Buffer;
}

function entriesOf(bytes: Buffer, { from, to }: Range): BareEntry[] {
  const entries: BareEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16BE(at);
    const entry = bytes.subarray(at + 2, at + 2 + length);
    assert.equal(entry.length, length);
    entries.push({ index: from + entries.length, entry });
    at += 2 + length;
  }
  assert.equal(entries.length, to - from);
  return entries;
}

const leafOf = (entry: Uint8Array) => sha256(Buffer.concat([Uint8Array.of(0), entry]));
const nodeOf = (left: Uint8Array, right: Uint8Array) =>
  sha256(Buffer.concat([Uint8Array.of(1), left, right]));

/** Perfect subtrees from left to right; two of one size next to each other become one. */
class Fold {
  readonly #parts: { size: number; hash: Uint8Array }[] = [];
  size = 0;

  push(size: number, hash: Uint8Array): void {
    this.size += size;
    const left = this.#parts.at(-1);
    if (left?.size !== size) return void this.#parts.push({ size, hash });
    this.#parts.pop();
    this.size -= 2 * size;
    this.push(2 * size, nodeOf(left.hash, hash));
  }

  root(): Uint8Array {
    const [last, ...rest] = this.#parts.toReversed();
    assert.ok(last !== undefined);
    return rest.reduce((right, left) => nodeOf(left.hash, right), last.hash);
  }
}

function checkRange(
  entries: readonly BareEntry[],
  { size, range }: { size: number; range: Range },
  sides: { before: Buffer; after: Buffer },
  root: Uint8Array,
): void {
  const fold = new Fold();
  const before = hashesOf(sides.before);
  const bits = range.from
    .toString(2)
    .split('')
    .flatMap((bit, at, all) => (bit === '1' ? [2 ** (all.length - 1 - at)] : []));
  assert.equal(before.length, bits.length);
  before.forEach((hash, at) => fold.push(bits[at] ?? 0, hash));
  for (const { entry } of entries) fold.push(1, leafOf(entry));
  for (const hash of hashesOf(sides.after)) {
    let length = 1;
    while (fold.size % (2 * length) === 0 && fold.size + 2 * length <= size) length *= 2;
    fold.push(length, hash);
  }
  assert.equal(fold.size, size);
  assert.equal(hex(fold.root()), hex(root), 'the range does not lead to the signed root');
}

function hashesOf(bytes: Buffer): Buffer[] {
  assert.equal(bytes.length % 32, 0);
  return Array.from({ length: bytes.length / 32 }, (_, at) =>
    bytes.subarray(at * 32, at * 32 + 32),
  );
}

function checkSelected(
  line: { index: number; entry: string; proof: string[] },
  size: number,
  root: Uint8Array,
): BareEntry {
  const entry = Buffer.from(line.entry, 'base64');
  const proof = line.proof.map((hash) => Buffer.from(hash, 'base64'));
  const found = climb(line.index, size, leafOf(entry), proof);
  assert.equal(hex(found), hex(root), `entry ${line.index} is not in the log`);
  return { index: line.index, entry };
}

/** RFC 9162 section 2.1.3.1 read backwards, from the definition of the path. */
function climb(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array {
  if (size === 1) {
    assert.equal(proof.length, 0);
    return leaf;
  }
  const half = 2 ** Math.ceil(Math.log2(size) - 1);
  const [sibling, rest] = [proof.at(-1), proof.slice(0, -1)];
  assert.ok(sibling !== undefined);
  return index < half
    ? nodeOf(climb(index, half, leaf, rest), sibling)
    : nodeOf(sibling, climb(index - half, size - half, leaf, rest));
}

interface ContentJson {
  index: number;
  sections: Record<string, string>;
  salts: Record<string, string>;
  digests?: string[];
}

/** Every content is shown or withheld, once; only what an erasure in the bundle covers may be neither. */
function joinContents(
  bare: readonly BareEntry[],
  contents: readonly ContentJson[],
  withheld: readonly { index: number; reason: string }[],
  manifest: { ahead: number[] },
): ReadEntry[] {
  const shown = new Map(contents.map((content) => [content.index, content]));
  const reasons = new Map(withheld.map(({ index, reason }) => [index, reason]));
  assert.equal(shown.size + reasons.size, contents.length + withheld.length);
  for (const list of [contents, withheld])
    assert.ok(list.every(({ index }, at) => at === 0 || index > (list[at - 1]?.index ?? 0)));
  const known = new Set(bare.map(({ index }) => index));
  for (const index of [...shown.keys(), ...reasons.keys()]) assert.ok(known.has(index));
  const erasures = bare.filter(({ entry }) => entry[4] === 19);
  const ahead = bare.filter(({ entry }) => entry[4] === 19 || entry[4] === 20);
  assert.deepEqual(
    manifest.ahead,
    ahead.map(({ index }) => index),
  );
  return bare.map(({ index, entry }) => {
    const content = shown.get(index);
    const reason = reasons.get(index);
    const isPublic = ((entry[5] ?? 0) & 1) === 1;
    const isErased = erasures.some((erasure) => covers(erasure.entry, index, entry));
    const ways = [content !== undefined, reason !== undefined, isPublic].filter(Boolean).length;
    assert.ok(ways === 1 || (ways === 0 && isErased), `entry ${index} is there in ${ways} ways`);
    if (content !== undefined) checkContent(content, entry);
    const parsed = content && Object.entries(content.sections).map(([k, v]) => [k, JSON.parse(v)]);
    const sections = parsed && Object.fromEntries(parsed);
    return { index, entry, kind: entry[4] ?? 0, sections, withheld: reason };
  });
}

function covers(erasure: Buffer, index: number, entry: Buffer): boolean {
  const { from, to } = JSON.parse(erasure.subarray(88).toString());
  const retainUntil = entry.readBigUInt64BE(16);
  return from <= index && index < to && retainUntil <= erasure.readBigUInt64BE(8);
}

function checkContent({ index, sections, salts, digests }: ContentJson, entry: Buffer): void {
  const own = NAMES.map((name) => {
    const [text, salt] = [sections[name], salts[name]];
    if (text === undefined || salt === undefined) return hex(new Uint8Array(32));
    const label = Buffer.from(`access-log/section/v1\n${String.fromCharCode(name.length)}${name}`);
    return hex(sha256(Buffer.concat([label, Buffer.from(salt, 'hex'), Buffer.from(text)])));
  });
  const all = digests ?? own;
  NAMES.forEach((name, at) => {
    if (name in sections) assert.equal(all[at], own[at], `section ${name} of entry ${index}`);
  });
  const label = Buffer.from('access-log/content/v1\n\u0005');
  const commitment = sha256(Buffer.concat([label, ...all.map((each) => Buffer.from(each, 'hex'))]));
  assert.equal(hex(commitment), hex(entry.subarray(24, 56)), `the content of entry ${index}`);
}

/** The indexes that carry the tags 0 … next − 1 of an account's key; fails on a gap. */
export function taggedEntries(
  entries: readonly ReadEntry[],
  { key, next = 0 }: { key: string; next?: number },
): number[] {
  const byTag = new Map(entries.map(({ entry, index }) => [hex(entry.subarray(56, 72)), index]));
  return Array.from({ length: next }, (_, n) => {
    const count = Buffer.alloc(8);
    count.writeBigUInt64BE(BigInt(n));
    const label = Buffer.from('acct-tag/v1\n');
    const tag = sha256(Buffer.concat([Buffer.from(key, 'hex'), label, count])).subarray(0, 16);
    const index = byTag.get(hex(tag));
    assert.ok(index !== undefined, `tag ${n} is missing`);
    return index;
  });
}
