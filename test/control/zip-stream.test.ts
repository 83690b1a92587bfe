import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
import { type ZipMember, zipMembers } from '../../src/control/zip-stream.ts';
import { until } from '../support/until.ts';

const KIB = 1024;

async function whole(members: readonly ZipMember[]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of zipMembers(members)) parts.push(part);
  return Buffer.concat(parts);
}

function text(name: string, content: string): ZipMember {
  return {
    name,
    async *chunks() {
      if (content !== '') yield Buffer.from(content);
    },
  };
}

/** A member without end, and how much of it was asked for. */
function endless() {
  const seen = { asked: 0, hasEnded: false };
  const member: ZipMember = {
    name: 'endless',
    async *chunks() {
      try {
        while (true) {
          seen.asked += 1;
          yield new Uint8Array(64 * KIB);
        }
      } finally {
        seen.hasEnded = true;
      }
    },
  };
  return { seen, member };
}

describe('a ZIP that is written as it is read', () => {
  it('holds its members in the order of their names, stored, without times', async () => {
    const zip = await whole([text('b', 'two'), text('c/d', ''), text('a', 'one')]);
    const reader = new ZipReader(new Uint8ArrayReader(new Uint8Array(zip)), {
      useWebWorkers: false,
    });
    const read = await Promise.all(
      (await reader.getEntries()).map(async (entry) => {
        assert.ok(!entry.directory);
        const bytes = await entry.getData(new Uint8ArrayWriter(), { checkCrc32: true });
        return [
          entry.filename,
          Buffer.from(bytes).toString(),
          entry.compressionMethod,
          entry.rawLastModDate,
        ];
      }),
    );
    assert.deepEqual(read, [
      ['a', 'one', 0, 0x210000],
      ['b', 'two', 0, 0x210000],
      ['c/d', '', 0, 0x210000],
    ]);
  });

  it('is the same bytes whenever and wherever it is written', async () => {
    const members = [text('a', 'one'), text('b', 'two')];
    assert.deepEqual(await whole(members), await whole(members));
  });

  it('asks for no more than is taken, and for a little ahead', async () => {
    const { seen, member } = endless();
    const zip = zipMembers([member]);
    let taken = 0;
    while (taken < 8 * KIB * KIB) taken += (await zip.next()).value?.length ?? 0;
    const asked = seen.asked * 64 * KIB;
    assert.ok(asked - taken < 2 * KIB * KIB, `${asked} bytes were asked for, ${taken} taken`);
    await zip.return();
  });

  it('ends the member under way when its reader leaves', async () => {
    const { seen, member } = endless();
    const zip = zipMembers([text('a', 'one'), member, text('later', 'never')]);
    let taken = 0;
    while (taken < KIB * KIB) taken += (await zip.next()).value?.length ?? 0;
    await zip.return();
    await until('the member ended', () => seen.hasEnded);
    const { asked } = seen;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(seen.asked, asked);
  });

  it('fails where a member fails, and does not look whole', async () => {
    const broken: ZipMember = {
      name: 'broken',
      async *chunks() {
        yield Buffer.from('a beginning');
        throw new Error('the disk is gone');
      },
    };
    await assert.rejects(whole([text('a', 'one'), broken]), /the disk is gone/);
  });
});
