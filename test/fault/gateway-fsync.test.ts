import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { buildHouse, enter, type House, Someone } from '../support/house.ts';
import {
  fsyncBeforeFirstByte,
  parseTrace,
  requestsTo,
  straceLine,
  type TracedCall,
  whyNoStrace,
} from '../support/strace.ts';

const missing = whyNoStrace();
// Where everything has to be tested, a missing tool is a failure, not a reason.
const skip = process.env['CI'] === 'true' ? false : (missing ?? false);

const WAL = '29</data/sallyport.db-wal>';
const UPSTREAM = '47<socket:[4711]>';
const CONNECT = `10 connect(${UPSTREAM}, {sa_family=AF_INET, sin_port=htons(9000), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EINPROGRESS (Operation now in progress)`;
const RECORD = String.raw`11 pwrite64(${WAL}, "\r\0{\"method\":\"GET\",\"path\":\"/a\"}\27", 4096, 4152) = 4096`;
const SYNC = `11 fdatasync(${WAL}) = 0`;
const SENT = String.raw`10 write(${UPSTREAM}, "GET /a HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", 40) = 40`;

function judge(...lines: string[]) {
  return fsyncBeforeFirstByte(parseTrace(lines.join('\n')), 9000).map(({ why }) => why);
}

const NOT_SYNCED = ['its record had not been synced'];
const NOT_WRITTEN = ['no record was written before it'];

describe('the judge of fsync before the first byte', () => {
  it('is content with record, sync, send', () => {
    assert.deepEqual(judge(CONNECT, RECORD, SYNC, SENT), []);
  });

  it('refuses a send without any sync', () => {
    assert.deepEqual(judge(CONNECT, RECORD, SENT), NOT_SYNCED);
  });

  it('refuses a sync that comes before the record or after the send', () => {
    assert.deepEqual(judge(CONNECT, SYNC, RECORD, SENT), NOT_SYNCED);
    assert.deepEqual(judge(CONNECT, RECORD, SENT, SYNC), NOT_SYNCED);
  });

  it('refuses a sync that was faked', () => {
    assert.deepEqual(judge(CONNECT, RECORD, `${SYNC} (INJECTED)`, SENT), NOT_SYNCED);
  });

  it('refuses a sync that failed', () => {
    const failed = `11 fdatasync(${WAL}) = -1 EIO (Input/output error)`;
    assert.deepEqual(judge(CONNECT, RECORD, failed, SENT), NOT_SYNCED);
  });

  it('refuses a sync of another file', () => {
    const other = '11 fdatasync(30</data/other.db-wal>) = 0';
    assert.deepEqual(judge(CONNECT, RECORD, other, SENT), NOT_SYNCED);
  });

  it('refuses a sync that had not returned when the first byte went out', () => {
    const begun = `11 fdatasync(${WAL} <unfinished ...>`;
    const done = '11 <... fdatasync resumed>) = 0';
    assert.deepEqual(judge(CONNECT, RECORD, begun, SENT, done), NOT_SYNCED);
    assert.deepEqual(judge(CONNECT, RECORD, begun, done, SENT), []);
  });

  it('refuses a sync that was entered before the record had been written', () => {
    const begun = `12 fdatasync(${WAL} <unfinished ...>`;
    const done = '12 <... fdatasync resumed>) = 0';
    assert.deepEqual(judge(CONNECT, begun, RECORD, done, SENT), NOT_SYNCED);
  });

  it('refuses a faked sync whose two lines stand apart', () => {
    const begun = `11 fsync(${WAL} <unfinished ...>`;
    const done = '11 <... fsync resumed>) = 0 (INJECTED)';
    assert.deepEqual(judge(CONNECT, RECORD, begun, done, SENT), NOT_SYNCED);
  });

  it('refuses a send without a record, or before it', () => {
    assert.deepEqual(judge(CONNECT, SYNC, SENT), NOT_WRITTEN);
    assert.deepEqual(judge(CONNECT, SYNC, SENT, RECORD, SYNC), NOT_WRITTEN);
  });

  it('refuses a record of another path, even of a longer one', () => {
    const longer = RECORD.replace('/a\\"', '/ab\\"');
    assert.deepEqual(judge(CONNECT, longer, SYNC, SENT), NOT_WRITTEN);
  });

  it('sees the first byte in any call that sends', () => {
    const vector = String.raw`10 writev(${UPSTREAM}, [{iov_base="POST /a?b=1 HTTP/1.1\r\n", iov_len=20}], 1) = 20`;
    const message = String.raw`10 sendto(${UPSTREAM}, "GET /a HTTP/1.1\r\n", 17, 0, NULL, 0) = 17`;
    assert.deepEqual(judge(CONNECT, RECORD, vector), NOT_SYNCED);
    assert.deepEqual(judge(CONNECT, RECORD, message), NOT_SYNCED);
  });

  it('looks at the upstream alone', () => {
    assert.deepEqual(judge(CONNECT.replace('9000', '9001'), SENT), []);
    assert.deepEqual(judge(SENT), []);
  });

  it('tells each of several requests on one connection', () => {
    const second = SENT.replace('/a', '/b');
    assert.deepEqual(judge(CONNECT, RECORD, SYNC, SENT, second), NOT_WRITTEN);
  });
});

describe('the gateway, traced', { skip }, () => {
  let house: House;
  let gateway: GatewayProcess | undefined;

  before(async () => {
    assert.equal(missing, undefined);
    house = await buildHouse();
  });

  after(async () => {
    await gateway?.kill();
    await house.close();
  });

  it('has synced each record before the first byte of its request is written upstream', async () => {
    const { trace, port, paths } = await traceRequests(false);
    const sent = requestsTo(trace, port).map(({ path }) => path);
    assert.deepEqual(sent.toSorted(), paths.toSorted());
    assert.deepEqual(fsyncBeforeFirstByte(trace, port), []);
  });

  it('is caught when fsync is faked: the same judge finds every request out of order', async () => {
    const { trace, port, paths } = await traceRequests(true);
    const why = fsyncBeforeFirstByte(trace, port).map((violation) => violation.why);
    assert.deepEqual(
      why,
      paths.map(() => 'its record had not been synced'),
    );
  });

  async function traceRequests(
    isSyncFaked: boolean,
  ): Promise<{ trace: TracedCall[]; port: number; paths: string[] }> {
    const file = join(house.dir, `trace-${isSyncFaked}`);
    gateway = await startProcess(house, { under: straceLine(file, { isSyncFaked }) });
    const olga = await Someone.signIn(house, 'owners', 'olga');
    const sam = await Someone.signIn(house, 'staff', 'sam');
    await olga.allow('acme', { scope: 'write' });
    const { token } = await sam.visit('acme');
    const paths = Array.from({ length: 9 }, (_, at) => `/traced-${isSyncFaked}-${at}`);
    const [first = '', ...together] = paths;
    assert.equal((await enter(house, 'acme', token, first)).status, 200);
    const answers = await Promise.all(
      together.map((path) => enter(house, 'acme', token, path, { method: 'POST', body: 'x=1' })),
    );
    for (const { status } of answers) assert.equal(status, 200);
    await gateway.stop();
    gateway = undefined;
    const port = Number(new URL(house.upstream.origin).port);
    return { trace: parseTrace(readFileSync(file, 'utf8')), port, paths };
  }
});
