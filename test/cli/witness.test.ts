import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openWitnessDoor } from '../../src/cli/witness/server.ts';
import { openNote } from '../../src/tlog/note.ts';
import { formatVerifierKey } from '../../src/tlog/note-key.ts';
import { leavesOf, SmallLog } from '../support/small-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runWitness, startWitness, witnessKey } from '../support/witness-process.ts';
import { verifyEd25519 } from '../tlog/ed25519.ts';

const NAME = 'w.example/w1';
const log = new SmallLog('log.example/1', leavesOf(20));
const fork = new SmallLog('log.example/1', leavesOf(20, 3));
const LOG_KEY = formatVerifierKey(log.key);

async function post(url: string, body: Uint8Array): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body: Buffer.from(body) });
  return { status: answer.status, text: await answer.text() };
}

describe('sallyport witness', () => {
  it('cosigns over HTTP, and goes on where it stopped', async (test) => {
    const place = { folder: temporaryFolder(test), name: NAME };
    const { key } = witnessKey(place);
    const first = await startWitness(place, [LOG_KEY]);
    test.after(() => first.run.signal('SIGKILL'));
    const answer = await post(first.url, log.request(0, 5));
    assert.equal(answer.status, 200);
    const note = Buffer.from(`${log.text(5)}\n${answer.text}`);
    const [signature] = openNote(verifyEd25519, [key], note).signatures;
    assert.ok(Math.abs((signature?.time ?? 0) * 1000 - Date.now()) < 60_000);
    await first.stop();

    const second = await startWitness(place, [LOG_KEY]);
    test.after(() => second.run.signal('SIGKILL'));
    assert.deepEqual(await post(second.url, log.request(0, 8)), { status: 409, text: '5\n' });
    assert.equal((await post(second.url, fork.request(5, 8))).status, 422);
    assert.equal((await post(second.url, log.request(5, 8))).status, 200);
    second.run.signal('SIGKILL');
    await second.run.ended;

    const third = await startWitness(place, [LOG_KEY]);
    test.after(() => third.run.signal('SIGKILL'));
    assert.equal((await post(third.url, fork.request(8, 8))).status, 409);
    assert.equal((await post(third.url, log.request(8, 8))).status, 200);
    await third.stop();
    assert.equal(readdirSync(join(place.folder, 'state/evidence')).length, 1);
    assert.match((await third.run.ended).stderr, /TWO ROOTS OF ONE SIZE/);
  });

  it('makes its key once, for itself alone', (test) => {
    const place = { folder: temporaryFolder(test), name: NAME };
    const { line, key } = witnessKey(place);
    assert.equal(witnessKey(place).line, line);
    assert.equal(key.type, 'cosignature');
    assert.equal(key.name, NAME);
    const file = join(place.folder, 'witness.key');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(file, 'utf8'), /^PRIVATE\+KEY\+w\.example\/w1\+/);
  });

  it('shares its state with no other process', async (test) => {
    const place = { folder: temporaryFolder(test), name: NAME };
    const first = await startWitness(place, [LOG_KEY]);
    test.after(() => first.run.signal('SIGKILL'));
    const { code, stderr } = await runWitness(place, [LOG_KEY]).ended;
    assert.equal(code, 2);
    assert.match(stderr, /another process is the witness of/);
    await first.stop();
  });

  const withKey =
    (text: string, mode = 0o600) =>
    (folder: string): void => {
      writeFileSync(join(folder, 'witness.key'), text);
      chmodSync(join(folder, 'witness.key'), mode);
    };
  for (const [what, keys, name, says, prepare] of [
    ['a log’s key that is none', ['log.example/1'], NAME, /--log number 1 is no key/],
    [
      'a log’s key with another id',
      [LOG_KEY.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
      NAME,
      /--log number 1 is no key: the id/,
    ],
    [
      'a witness’s key',
      [LOG_KEY, 'witness2.example.org+2e55b896+BIZ7fpceQWd60IfqQeS9IAnmNOCZjMDne8lZuguz/bi9'],
      NAME,
      /--log number 2 is the key of a witness/,
    ],
    ['a key twice', [LOG_KEY, LOG_KEY], NAME, /a second time/],
    ['a name that is none', [LOG_KEY], 'w one', /a witness has a name without white space/],
    [
      'a key file that holds none',
      [LOG_KEY],
      NAME,
      /holds no key that cosigns/,
      withKey('nonsense'),
    ],
    [
      'a log’s secret key',
      [LOG_KEY],
      NAME,
      /holds no key that cosigns/,
      withKey('PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'),
    ],
    [
      'a key file that others may read',
      [LOG_KEY],
      NAME,
      /others may read/,
      withKey('nonsense', 0o644),
    ],
  ] as const)
    it(`does not start with ${what}`, async (test: TestContext) => {
      const folder = temporaryFolder(test);
      prepare?.(folder);
      const { code, stderr } = await runWitness({ folder, name }, keys).ended;
      assert.equal(code, 2, stderr);
      assert.match(stderr, says);
    });
});

/** A connection of somebody who does not keep to the rules; `closed` is all that is waited for, reset or not. */
function connectTo(url: string): { socket: Socket; closed: Promise<void> } {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  return { socket, closed };
}

describe('the door of a witness', () => {
  async function open(test: TestContext, requestWithinMs = 5000) {
    const bodies: string[] = [];
    const faults: unknown[] = [];
    const door = await openWitnessDoor({
      listen: { host: '127.0.0.1', port: 0 },
      requestWithinMs,
      answer: async (body) => {
        const text = Buffer.from(body).toString();
        if (text === 'fault') throw new Error('the disk is full');
        bodies.push(text);
        return { status: 200, type: 'text/plain; charset=utf-8', body: `${text.length}\n` };
      },
      onFault: (error) => faults.push(error),
    });
    test.after(() => door.close(0));
    return { door, bodies, faults };
  }

  for (const [method, path, status] of [
    ['GET', '/add-checkpoint', 405],
    ['PUT', '/add-checkpoint', 405],
    ['POST', '/', 404],
    ['GET', '/', 404],
    ['POST', '/add-checkpoint/', 404],
    ['POST', '/add-checkpoint?x', 404],
    ['POST', '/Add-Checkpoint', 404],
    ['POST', '//add-checkpoint', 404],
  ] as const)
    it(`answers ${status} to ${method} ${path}`, async (test) => {
      const { door, bodies } = await open(test);
      const body = method === 'GET' ? {} : { body: 'x' };
      const answer = await fetch(`${door.url}${path}`, { method, ...body });
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('allow'), status === 405 ? 'POST' : null);
      await answer.text();
      assert.deepEqual(bodies, []);
    });

  it('takes 65536 bytes and not one more, declared or not', async (test) => {
    const { door, bodies } = await open(test);
    const send = async (body: string | ReadableStream) => {
      const init = { method: 'POST', body, duplex: 'half' } as const;
      const answer = await fetch(`${door.url}/add-checkpoint`, init);
      return { status: answer.status, text: await answer.text() };
    };
    const stream = (length: number) => new Blob(['x'.repeat(length)]).stream();
    assert.deepEqual(await send('x'.repeat(65_536)), { status: 200, text: '65536\n' });
    assert.deepEqual(await send(stream(65_536)), { status: 200, text: '65536\n' });
    assert.equal((await send('x'.repeat(65_537))).status, 413);
    assert.equal((await send(stream(65_537))).status, 413);
    assert.equal(bodies.length, 2);
  });

  it('says nothing of what went wrong, and goes on', async (test) => {
    const { door, faults } = await open(test);
    const answer = await post(door.url, Buffer.from('fault'));
    assert.deepEqual(answer, { status: 500, text: 'the witness cannot answer now\n' });
    assert.equal(faults.length, 1);
    assert.equal((await post(door.url, Buffer.from('x'))).status, 200);
  });

  for (const [what, begin] of [
    ['headers', 'POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n'],
    ['a body', 'POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nold 0'],
  ] as const)
    it(`waits only so long for ${what} that come slowly`, async (test) => {
      const { door, bodies, faults } = await open(test, 150);
      const { socket, closed } = connectTo(door.url);
      socket.write(begin);
      const drip = setInterval(() => socket.write('x'), 20);
      test.after(() => clearInterval(drip));
      await closed;
      assert.deepEqual([bodies, faults], [[], []]);
      assert.equal((await post(door.url, Buffer.from('x'))).status, 200);
    });

  it('closes while somebody does not finish', async (test) => {
    const { door } = await open(test);
    const { socket, closed } = connectTo(door.url);
    await once(socket, 'connect');
    socket.write('POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nold 0');
    await door.close(50);
    await closed;
  });
});
