import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Reserve, type ReserveReport } from '../../src/store/sqlite/reserve.ts';
import { fill, smallDisk } from '../support/small-disk.ts';
import { needsMount } from '../support/tools.ts';
import { until as wait } from '../support/until.ts';

const MIB = 1024 * 1024;
const SIZE = 4 * MIB;

interface Desk {
  readonly folder: string;
  readonly file: string;
  readonly reports: readonly ReserveReport[];
  readonly heard: () => string[];
  open(bytes?: number): Promise<Reserve>;
  /** The last look of this one, which it has done when this answers. */
  look(reserve: Reserve): Promise<void>;
  /** Waits for a condition, while every reserve looks as often as it can. */
  until(what: string, holds: () => boolean): Promise<void>;
}

function desk(test: TestContext, disk = '16m'): Desk {
  test.mock.timers.enable({ apis: ['setInterval'] });
  const folder = smallDisk(test, disk);
  const reports: ReserveReport[] = [];
  const open = async (bytes = SIZE): Promise<Reserve> => {
    const reserve = new Reserve(join(folder, 'a.db'), bytes, (report) => void reports.push(report));
    test.after(() => reserve.close());
    await reserve.start();
    return reserve;
  };
  const look = async (reserve: Reserve): Promise<void> => {
    test.mock.timers.tick(1000);
    await reserve.close();
  };
  const heard = (): string[] => reports.map(({ is }) => is);
  const until = (what: string, holds: () => boolean) =>
    wait(what, () => {
      test.mock.timers.tick(1000);
      return holds();
    });
  return { folder, file: join(folder, 'a.db.reserve'), reports, heard, open, look, until };
}

function lengthOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

describe('the reserve', { skip: needsMount }, () => {
  it('is made by and by, takes real room, and nobody else may read it', async (test) => {
    const { file, heard, open, until } = desk(test);
    const reserve = await open();
    assert.equal(reserve.isFreed, false, 'a first one is not waited for');
    await until('it is made', () => lengthOf(file) === SIZE);
    const { blocks, mode } = statSync(file);
    assert.ok(blocks * 512 >= SIZE, 'it has no holes');
    assert.equal(mode & 0o777, 0o600);
    assert.ok(gzipSync(readFileSync(file)).length > MIB / 2, 'no file system makes it small');
    await until('it is said', () => heard().includes('made'));
  });

  it('is not made where that would leave less room than it takes, which is said once', async (test) => {
    const { file, reports, open, look, until } = desk(test, '7m');
    const reserve = await open();
    await until('it is said', () => reports.length === 1);
    await look(reserve);
    assert.equal(reports.length, 1);
    assert.equal(reports[0]?.is, 'missing');
    assert.equal(lengthOf(file), undefined);
  });

  it('is freed by being emptied, and made again when there is room for it twice', async (test) => {
    const { folder, file, heard, open, look, until } = desk(test);
    const reserve = await open();
    await until('it is made', () => heard().includes('made'));
    const room = fill(folder);
    await reserve.free();
    assert.ok(reserve.isFreed);
    assert.equal(lengthOf(file), 0);
    await look(reserve);
    assert.ok(reserve.isFreed, 'there is room for it once');
    room();
    assert.equal((await open()).isFreed, false);
    assert.equal(lengthOf(file), SIZE);
    assert.deepEqual(heard(), ['made', 'freed', 'made']);
  });

  it('is made again by itself as soon as there is room', async (test) => {
    const at = desk(test);
    const reserve = await afterMade(at);
    const room = fill(at.folder);
    await reserve.free();
    room();
    await at.until('it is made again', () => !reserve.isFreed);
  });

  it('notices by itself that the disk is full', async (test) => {
    const { folder, heard, open, until } = desk(test);
    const reserve = await open();
    await until('it is made', () => heard().includes('made'));
    fill(folder);
    await until('it is freed', () => reserve.isFreed);
  });

  it('is freed at the start of what finds the disk full', async (test) => {
    const at = desk(test);
    await (await afterMade(at)).close();
    fill(at.folder);
    assert.ok((await at.open()).isFreed);
    assert.equal(lengthOf(at.file), 0);
  });

  it('in use stays in use over a restart, and is made before that begins if there is room', async (test) => {
    const at = desk(test);
    const first = await afterMade(at);
    const room = fill(at.folder);
    await first.free();
    await first.close();
    const second = await at.open();
    assert.ok(second.isFreed);
    await second.close();
    room();
    assert.equal((await at.open()).isFreed, false);
  });

  it('half made, by a process that was killed, is no reserve and no sign of a full disk', async (test) => {
    const { file, heard, open, until } = desk(test);
    writeFileSync(`${file}.new`, new Uint8Array(MIB));
    const reserve = await open();
    assert.equal(reserve.isFreed, false);
    await until('it is made', () => heard().includes('made'));
    assert.equal(lengthOf(`${file}.new`), undefined);
    assert.equal(lengthOf(file), SIZE);
  });

  for (const [how, remove] of [
    ['removed', (file: string) => rmSync(file)],
    ['emptied', (file: string) => truncateSync(file)],
  ] as const)
    it(`${how} by hand while it is not needed is made again, and nobody is kept out`, async (test) => {
      const at = desk(test);
      const reserve = await afterMade(at);
      remove(at.file);
      await at.until('it is made again', () => at.heard().length === 2);
      assert.deepEqual(at.heard(), ['made', 'made']);
      assert.equal(reserve.isFreed, false);
    });

  it('leaves nothing half made when it is closed', async (test) => {
    const { file, open } = desk(test);
    const reserve = await open();
    await reserve.close();
    assert.equal(lengthOf(`${file}.new`), undefined);
  });

  it('of no size is none', async (test) => {
    const { folder, file, reports, open, look } = desk(test);
    const reserve = await open(0);
    fill(folder);
    await reserve.free();
    await look(reserve);
    assert.equal(reserve.isFreed, false);
    assert.deepEqual(reports, []);
    assert.equal(lengthOf(file), undefined);
  });
});

async function afterMade({ open, heard, until }: Desk): Promise<Reserve> {
  const reserve = await open();
  await until('it is made', () => heard().includes('made'));
  return reserve;
}
