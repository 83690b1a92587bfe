import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type GatewayProcess, startProcess, until } from '../support/gateway-process.ts';
import { buildHouse, enter, type House, readJson, Someone } from '../support/house.ts';
import { headerOf } from '../support/lenient-upstream.ts';
import { checkLog } from '../support/log-checker.ts';
import { injectFaults, whyNoStrace } from '../support/strace.ts';

const PROMISED_MS = 2000;
const isCi = process.env['CI'] === 'true';
const withoutStrace = isCi ? false : (whyNoStrace() ?? false);
const withoutMount =
  isCi || process.getuid?.() === 0 ? false : 'only root can mount the small disk it needs';

describe('a log that cannot be written', { skip: withoutMount }, () => {
  let house: House;
  let gateway: GatewayProcess;
  let olga: Someone;
  let token: string;
  let folder: string;
  let requests = 0;

  before(async () => {
    house = await buildHouse();
    folder = dirname(house.databaseFile);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'tmpfs', folder]);
    gateway = await startProcess(house);
    olga = await Someone.signIn(house, 'owners', 'olga');
    const sam = await Someone.signIn(house, 'staff', 'sam');
    await olga.allow('acme');
    ({ token } = await sam.visit('acme'));
  });

  after(async () => {
    try {
      await gateway.stop();
      await assertOnlyRecordedWasSent({ isStopped: true });
    } finally {
      await gateway.kill();
      execFileSync('umount', [folder]);
      await house.close();
    }
  });

  it('is refused while the disk is full, and works again when there is room', async () => {
    await assertAdmits();
    const fill = join(folder, 'fill');
    fillDisk(fill);
    await assertRefuses();
    await assertRefuses();
    rmSync(fill);
    await assertRecovers();
  });

  it('keeps the end of an access that was under way on a full disk until it can be written', async () => {
    const answer = Promise.withResolvers<void>();
    house.upstream.on('/under-way', (_, response) => {
      void answer.promise.then(() => response.end('done'));
    });
    const underWay = enter(house, 'acme', token, '/under-way');
    await until('the request has come through', () => wasSent('/under-way'));
    const fill = join(folder, 'fill');
    fillDisk(fill);
    await assertRefuses();
    answer.resolve();
    assert.equal((await underWay).status, 200);
    assert.equal(await statusOf('/readyz'), 503);
    rmSync(fill);
    await assertRecovers();
    assert.deepEqual(await endsOf('/under-way'), [{ event: 'access.finished', status: 200 }]);
  });

  it('does not keep the gateway from stopping; the next start says what it could not', async () => {
    const answer = Promise.withResolvers<void>();
    house.upstream.on('/last', (_, response) => {
      void answer.promise.then(() => response.end('done'));
    });
    const underWay = enter(house, 'acme', token, '/last');
    await until('the request has come through', () => wasSent('/last'));
    const fill = join(folder, 'fill');
    fillDisk(fill);
    await assertRefuses();
    answer.resolve();
    assert.equal((await underWay).status, 200);
    await gateway.stop();
    rmSync(fill);
    gateway = await startProcess(house);
    // Which of the two depends on whether a few bytes more have found a place.
    const [end, ...others] = await endsOf('/last');
    assert.ok(end?.event === 'access.interrupted' || end?.event === 'access.finished');
    assert.deepEqual(others, []);
    await assertAdmits();
  });

  it('is refused while the database file is gone, and works again when it is back', async () => {
    await assertAdmits();
    const away = `${house.databaseFile}.away`;
    renameSync(house.databaseFile, away);
    await assertRefuses();
    renameSync(away, house.databaseFile);
    await assertRecovers();
  });

  it('notices by itself that the database file is gone', async () => {
    const away = `${house.databaseFile}.away`;
    renameSync(house.databaseFile, away);
    await until('it is not ready', async () => (await statusOf('/readyz')) === 503);
    renameSync(away, house.databaseFile);
    await assertRecovers();
  });

  // A mounted disk with open files cannot be made read-only by a test, but its answers can.
  for (const { error, calls, what } of [
    { error: 'EROFS', calls: 'pwrite64,ftruncate', what: 'every write finds the disk read-only' },
    { error: 'EIO', calls: 'fsync,fdatasync', what: 'every sync fails' },
    { error: 'EIO', calls: 'pwrite64', what: 'every write fails' },
  ])
    it(`is refused while ${what}`, { skip: withoutStrace }, async () => {
      await assertAdmits();
      const file = `${house.databaseFile}-wal`;
      const faults = await injectFaults(gateway.pid, { file, calls, error });
      try {
        await assertRefuses();
        await assertRefuses();
      } finally {
        await faults.stop();
      }
      await assertRecovers();
    });

  it('keeps the gateway from starting on a disk that is read-only from the start', async () => {
    await gateway.stop();
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    try {
      await assert.rejects(
        startProcess(house),
        /ended with 2 before .*file system that is read-only/s,
      );
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', folder]);
    }
    gateway = await startProcess(house);
    await assertAdmits();
  });

  async function assertAdmits(): Promise<void> {
    const path = nextPath();
    assert.equal((await enter(house, 'acme', token, path)).status, 200);
    assert.ok(wasSent(path));
  }

  /** In time, and whatever it would have changed stays as it was. */
  async function assertRefuses(): Promise<void> {
    const path = nextPath();
    assertUnavailable(await timed(() => enter(house, 'acme', token, path)));
    assert.ok(!wasSent(path), 'it was sent without a record');
    const grant = { grantee: 'role:support', scope: 'read', duration: '1h' };
    const act = await timed(() => olga.call('POST', '/accounts/acme/grants', grant));
    assert.equal(act.status, 503);
    assert.match(act.body.type, /log-unavailable$/);
    assert.equal(await statusOf('/readyz'), 503);
    assert.equal(await statusOf('/healthz'), 200);
  }

  async function assertRecovers(): Promise<void> {
    await until('it is ready', async () => (await statusOf('/readyz')) === 200);
    await assertAdmits();
    await assertOnlyRecordedWasSent();
  }

  function assertUnavailable(answer: { status: number; text: string }): void {
    assert.equal(answer.status, 503, answer.text);
    assert.match(readJson(answer.text).type, /log-unavailable$/);
  }

  async function assertOnlyRecordedWasSent(expectation = {}): Promise<void> {
    const { attempts } = await checkLog(house.databaseFile, expectation);
    const recorded = new Map(attempts.map(({ index, request }) => [String(index), request.path]));
    for (const hit of house.upstream.hits)
      assert.equal(recorded.get(headerOf(hit, 'Sallyport-Record') ?? ''), hit.target);
  }

  async function endsOf(path: string): Promise<{ event: string; status: unknown }[]> {
    const { records, attempts } = await checkLog(house.databaseFile);
    const attempt = attempts.find(({ request }) => request.path === path);
    return records
      .filter((record) => record['attempt'] === attempt?.index)
      .map(({ event, status }) => ({ event, status }));
  }

  function nextPath(): string {
    requests += 1;
    return `/asked/${requests}`;
  }

  function wasSent(path: string): boolean {
    return house.upstream.hits.some(({ target }) => target === path);
  }

  async function statusOf(path: string): Promise<number> {
    return (await Someone.stranger(house).browser.fetch(`${house.publicUrl}${path}`)).status;
  }
});

async function timed<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const begun = performance.now();
  const answer = await ask();
  const tookMs = performance.now() - begun;
  assert.ok(tookMs < PROMISED_MS, `it took ${Math.round(tookMs)} ms`);
  return answer;
}

/** Leaves not a byte. */
function fillDisk(file: string): void {
  const fd = openSync(file, 'wx');
  try {
    for (const size of [1 << 20, 4096, 1]) writeUntilFull(fd, Buffer.alloc(size));
  } finally {
    closeSync(fd);
  }
}

function writeUntilFull(fd: number, chunk: Buffer): void {
  try {
    while (writeSync(fd, chunk) > 0);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}
