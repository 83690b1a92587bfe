import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { readBeside } from '../../src/store/sqlite/old-database.ts';
import type { Checkpoint } from '../../src/tlog/checkpoint.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { parseVerifierKey } from '../../src/tlog/note-key.ts';
import { fulfil, planRoot } from '../../src/tlog/tile-plan.ts';
import { verifyCheckpoint } from '../../src/tlog/verify-checkpoint.ts';
import { runProgram } from '../cli/run-program.ts';
import { runGateway, startProcess } from '../support/gateway-process.ts';
import { buildHouse, enter, type House, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { naiveRoot } from '../support/naive-tree.ts';
import { hex, sha256 } from '../support/sha256.ts';
import { TileClient } from '../support/tile-client.ts';
import { until } from '../support/until.ts';
import { verifyEd25519 } from '../tlog/ed25519.ts';

const OLD = 'tests.sallyport.localhost/access';
const NEW = 'tests.sallyport.localhost/access-2';
const STATEMENT = 'The newest database was lost with its disk.';
const LAUNCHER = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));

/** What an operator does whose newest database is gone, with a gateway in a process of its own. */
describe('a log whose newest database is lost', () => {
  let house: House;
  let client: TileClient;

  beforeEach(async () => {
    house = await buildHouse({ config: { log: { origin: OLD, checkpointEvery: '100ms' } } });
    client = new TileClient(`${house.publicUrl}/log`);
  });

  afterEach(() => house.close());

  async function sallyport(...words: string[]) {
    return runProgram(process.execPath, [LAUNCHER, ...words, '--config', house.configFile]).ended;
  }

  function configure(log: Record<string, unknown>): void {
    const config = parse(readFileSync(house.configFile, 'utf8'));
    writeFileSync(house.configFile, stringify({ ...config, log }), { mode: 0o600 });
  }

  async function assertRefusedToStart(sentence: RegExp): Promise<void> {
    const running = runGateway(house);
    const { code } = await running.ended;
    assert.equal(code, 2, running.stderr.join('\n'));
    assert.match(running.stderr.join('\n'), sentence);
  }

  /** An owner lets support in, and support enters; the copy made meanwhile is all that is left. */
  async function lose(): Promise<{ vkey: string; last: Checkpoint; note: string }> {
    const first = await startProcess(house);
    const olga = await Someone.signIn(house, 'owners', 'olga');
    await olga.allow('acme');
    await first.stop();
    const older = join(house.dir, 'older.db');
    copyFileSync(house.databaseFile, older);
    const second = await startProcess(house);
    const vkey = await client.text('vkey');
    await second.stop();
    const note = readFileSync(`${house.databaseFile}.guard`, 'utf8');
    for (const part of ['-wal', '-shm']) rmSync(house.databaseFile + part, { force: true });
    copyFileSync(older, house.databaseFile);
    const logKeys = [parseVerifierKey(sha256, vkey.trim())];
    const trust = { origin: OLD, logKeys };
    return { vkey, note, last: verifyCheckpoint(verifyEd25519, trust, Buffer.from(note)) };
  }

  it('is refused until it is recovered, and then goes on as another log', async () => {
    const { last, note } = await lose();
    await assertRefusedToStart(/it is an older one\..*sallyport log recover --config FILE/);
    const refused = await sallyport(
      'log',
      'recover',
      '--statement',
      STATEMENT,
      '--previous-key-file',
      join(house.dir, 'data/log.key'),
    );
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /log\.origin is still/);

    configure({ origin: NEW, keyFile: 'data/log-2.key', checkpointEvery: '100ms' });
    await assertRefusedToStart(/the log in the database is .*sallyport log recover/);
    const words = ['log', 'recover', '--statement', STATEMENT, '--previous-key-file'];
    const recovered = await sallyport(...words, join(house.dir, 'data/log.key'));
    assert.equal(recovered.code, 0, recovered.stderr);
    assert.match(recovered.stdout, /carried over: 1 account and/);
    assert.match(recovered.stdout, /Owners have to grant again/);

    const gateway = await startProcess(house);
    await assertPublished(note);
    await assertNobodyIsLetIn();
    await gateway.stop();
    await checkLog(house.databaseFile, { isStopped: true });
    const checked = await sallyport('log', 'check');
    assert.equal(checked.code, 0, checked.stdout);
    assert.match(
      checked.stdout,
      /^nothing is wrong: \d+ entries and \d+ checkpoints in .* entries\/s\n$/,
    );

    const aside = `${house.databaseFile}.epoch-${last.size}`;
    assert.equal(readFileSync(`${house.databaseFile}.guard.epoch-${last.size}`, 'utf8'), note);
    await assertOldTreeIsThere(aside);
  });

  it('can be recovered by the line that verifies it and a checkpoint somebody kept', async () => {
    const { vkey, last, note } = await lose();
    const kept = join(house.dir, 'kept');
    writeFileSync(kept, note);
    for (const file of [
      house.databaseFile,
      `${house.databaseFile}.guard`,
      join(house.dir, 'data/log.key'),
    ])
      rmSync(file);
    configure({ origin: NEW, keyFile: 'data/log-2.key' });
    const words = ['log', 'recover', '--statement', STATEMENT, '--previous-key', vkey.trim()];
    assert.match((await sallyport(...words)).stderr, /Give one that you or somebody else has kept/);
    const recovered = await sallyport(...words, '--checkpoint', kept);
    assert.equal(recovered.code, 0, recovered.stderr);
    assert.match(recovered.stdout, new RegExp(`held 0 of them: ${last.size} are lost`));
    await (await startProcess(house)).stop();
  });

  it('is not recovered under a running gateway', async () => {
    const gateway = await startProcess(house);
    const vkey = await client.text('vkey');
    configure({ origin: NEW, keyFile: 'data/log-2.key' });
    const words = ['log', 'recover', '--statement', STATEMENT, '--previous-key', vkey.trim()];
    const refused = await sallyport(...words);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /is in use .*stop the gateway first/);
    await gateway.stop();
  });

  /** Somebody outside finds the new log, and in its first entry the last word of the old one. */
  async function assertPublished(note: string): Promise<void> {
    await until('it is signed', async () => (await client.ask('checkpoint')).status === 200);
    const { size, root } = await client.checkpoint(NEW);
    const entries = await client.entries(size);
    assert.equal(hex(naiveRoot(entries.map((entry) => hashLeaf(sha256, entry)))), hex(root));
    const payload = JSON.parse(new TextDecoder().decode(entries[0]?.subarray(88)));
    assert.deepEqual(payload, {
      event: 'log.recovered',
      format: 'sallyport-log/v1',
      origin: NEW,
      previous: note,
      statement: STATEMENT,
    });
  }

  async function assertNobodyIsLetIn(): Promise<void> {
    const sam = await Someone.signIn(house, 'staff', 'sam');
    const accounts = await sam.call('GET', '/accounts');
    assert.ok(JSON.stringify(accounts.body).includes('"acme"'), 'the account is there');
    const refused = await sam.call('POST', '/visits', { account: 'acme', purpose: 'a test' });
    assert.equal(refused.status, 403, JSON.stringify(refused.body));
    const olga = await Someone.signIn(house, 'owners', 'olga');
    assert.deepEqual((await olga.call('GET', '/accounts/acme/grants')).body.items, []);
    await olga.allow('acme');
    const { token } = await sam.visit('acme');
    assert.equal((await enter(house, 'acme', token, '/users')).status, 200);
  }

  /** The tiles that are left of the old log still make a tree, and it is the one that was signed at its size. */
  async function assertOldTreeIsThere(file: string): Promise<void> {
    assert.ok(existsSync(file));
    await readBeside(file, async (reader) => {
      const stored = (await reader.latestCheckpoint()) ?? assert.fail();
      const root = await fulfil(planRoot(sha256, stored.size), (tile) => reader.tile(tile));
      const [, , signed] = new TextDecoder().decode(stored.note).split('\n');
      assert.equal(Buffer.from(root).toString('base64'), signed);
    });
  }
});
