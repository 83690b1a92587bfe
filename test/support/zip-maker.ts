import { crc32 } from 'node:zlib';

/** A file in a ZIP file, and what its headers say if they are to say something else than is true. */
export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** 0 stored, 8 deflated. */
  readonly method?: number;
  readonly flags?: number;
  /** The name in the header before the bytes. */
  readonly localName?: string;
  /** The length that both headers claim. */
  readonly size?: number;
  /** Where the directory says that it begins. */
  readonly offset?: number;
}

/** A ZIP file as simple as there is one: stored members without times, and a directory behind them. */
export function makeZip(members: readonly ZipMember[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const local = localHeader(member);
    directory.push(directoryEntry(member, member.offset ?? at));
    parts.push(local, Buffer.from(member.bytes));
    at += local.length + member.bytes.length;
  }
  const listed = Buffer.concat(directory);
  return new Uint8Array(Buffer.concat([...parts, listed, end(members.length, listed.length, at)]));
}

/** What both headers say of a member. */
function described({ bytes, method = 0, flags = 0, size }: ZipMember, name: Buffer): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(10, 0);
  fields.writeUInt16LE(flags, 2);
  fields.writeUInt16LE(method, 4);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(size ?? bytes.length, 14);
  fields.writeUInt32LE(size ?? bytes.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function localHeader(member: ZipMember): Buffer {
  const name = Buffer.from(member.localName ?? member.name);
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), described(member, name), name]);
}

function directoryEntry(member: ZipMember, offset: number): Buffer {
  const name = Buffer.from(member.name);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(offset, 10);
  const head = Buffer.from('PK\x01\x02\x0a\x00', 'latin1');
  return Buffer.concat([head, described(member, name), tail, name]);
}

function end(count: number, length: number, offset: number): Buffer {
  const record = Buffer.alloc(22);
  record.write('PK\x05\x06', 'latin1');
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(length, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}
