import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { canonicalText } from '../../audit/canonical.ts';
import { commitTo, type Content, SALT_SIZE, SECTIONS } from '../../audit/content.ts';
import { decodeEnvelope, encodeEnvelope, type Envelope, tagOf } from '../../audit/envelope.ts';
import { sha256 } from '../../recorder/crypto.ts';
import { readRows, type StoredRow, type TagRow } from './store-tables.ts';

type Fields = { readonly [field: string]: unknown };

/** An entry of a log that somebody rewrites: whatever he changes, its bytes are made again. */
export interface ForgedEntry {
  kind: number;
  time: number;
  retainUntil: number;
  /** `undefined`: it is public, or its content was erased. */
  content: Content | undefined;
  publicPayload: Uint8Array | undefined;
  /** Whose tags it carries; `undefined`: random bytes. */
  account: string | undefined;
  actor: string | undefined;
  /** Kept where there is no content to make it from. */
  readonly original: Envelope;
}

interface TagKey {
  readonly key: Uint8Array;
  next: number;
}

/** A whole log in memory, to be changed as only somebody can who owns the machine and its keys. */
export class ForgedLog {
  readonly entries: ForgedEntry[];
  /** Whether tags are numbered anew, as somebody does who knows how; otherwise each keeps its own. */
  isRenumbered = true;
  readonly #keys = new Map<string, TagKey>();

  constructor(db: DatabaseSync) {
    const { rows, tagKeys } = readRows(db);
    this.entries = rows.map(openRow);
    for (const { whose, name, key } of tagKeys)
      this.#keys.set(`${whose}|${name}`, { key, next: 0 });
  }

  /** What an entry says, all sections together. */
  static read(entry: ForgedEntry): Fields {
    const parts = SECTIONS.flatMap((name) => {
      const section = entry.content?.[name];
      if (section === undefined) return [];
      const fields = parse(section.bytes);
      return [name === 'actor' || name === 'net' ? { [name]: fields } : fields];
    });
    if (entry.publicPayload !== undefined) parts.push(parse(entry.publicPayload));
    return Object.assign({}, ...parts) as Fields;
  }

  /** Changes fields of one section; its salt is drawn anew. */
  static rewrite(entry: ForgedEntry, section: keyof Content, over: Fields): void {
    const before = entry.content?.[section];
    const fields = { ...(before && parse(before.bytes)), ...over };
    const bytes = Buffer.from(canonicalText(fields as never));
    entry.content = { ...entry.content, [section]: { bytes, salt: randomBytes(SALT_SIZE) } };
  }

  /** The bytes of every entry, in order. */
  encode(): { readonly bytes: Uint8Array; readonly content: Content | undefined }[] {
    for (const key of this.#keys.values()) key.next = 0;
    return this.entries.map((entry) => ({ bytes: this.#encode(entry), content: entry.content }));
  }

  /** How many tags each key has given out by then. */
  tagRows(): TagRow[] {
    return [...this.#keys].map(([id, { key, next }]) => {
      const [whose = '', ...name] = id.split('|');
      return { whose, name: name.join('|'), key, next };
    });
  }

  #encode(entry: ForgedEntry): Uint8Array {
    const { kind, time, retainUntil, content, publicPayload, original } = entry;
    return encodeEnvelope({
      kind,
      time,
      retainUntil,
      isClockClamped: original.isClockClamped,
      commitment: content === undefined ? original.commitment : commitTo(sha256, content),
      accountTag: this.#tag('account', entry.account, original.accountTag),
      actorTag: this.#tag('actor', entry.actor, original.actorTag),
      publicPayload,
    });
  }

  #tag(whose: 'account' | 'actor', name: string | undefined, original: Uint8Array): Uint8Array {
    const key = name === undefined ? undefined : this.#keys.get(`${whose}|${name}`);
    if (key === undefined || !this.isRenumbered) return original;
    key.next += 1;
    return tagOf(sha256, whose, key.key, key.next - 1);
  }
}

function openRow({ entry, sections, salts }: StoredRow): ForgedEntry {
  const original = decodeEnvelope(entry);
  const present = SECTIONS.filter(
    (name) => sections[name] !== null && sections[name] !== undefined,
  );
  const content = Object.fromEntries(
    present.map((name, at) => {
      const salt = salts?.subarray(at * SALT_SIZE, (at + 1) * SALT_SIZE) ?? new Uint8Array();
      return [name, { bytes: sections[name] ?? new Uint8Array(), salt }];
    }),
  );
  const forged: ForgedEntry = {
    kind: original.kind,
    time: original.time,
    retainUntil: original.retainUntil,
    content: salts === null ? undefined : content,
    publicPayload: original.publicPayload,
    account: undefined,
    actor: undefined,
    original,
  };
  return { ...forged, ...namesOf(ForgedLog.read(forged)) };
}

function namesOf(says: Fields): Pick<ForgedEntry, 'account' | 'actor'> {
  const account = typeof says['account'] === 'string' ? says['account'] : undefined;
  const { realm, issuer, subject } = (says['actor'] ?? {}) as Readonly<Record<string, unknown>>;
  const isSomebody = typeof subject === 'string' && realm !== 'gateway' && realm !== 'stranger';
  const actor = isSomebody
    ? canonicalText([typeof issuer === 'string' ? issuer : '', subject])
    : undefined;
  return { account, actor };
}

function parse(bytes: Uint8Array): Fields {
  return JSON.parse(Buffer.from(bytes).toString()) as Fields;
}
