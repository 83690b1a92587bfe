import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GATEWAY } from '../../src/domain/event.ts';
import { actOf, record, remark } from '../support/acts.ts';
import { lifting, placing, someHold } from '../support/erasure-suite.ts';
import { bygone, type ForgetfulLog, openForgetfulLog, wordyStart } from '../support/forgetting.ts';
import { ACME, DAY } from '../support/specimens.ts';

async function remarks(log: ForgetfulLog, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => record(log.store, remark(`n=${n}`))));
}

const erasedIn = async (log: ForgetfulLog): Promise<number> =>
  (await log.check()).records.filter(({ event }) => event === 'erased').length;
const sizeOf = async (log: ForgetfulLog) => (await log.store.reader.logState()).size;

describe('retention', () => {
  it('erases everything whose time is over, batch by batch, and says so', async (test) => {
    const log = await openForgetfulLog(test);
    await remarks(log, 230);
    await log.age();
    await log.retention.run();
    const { records } = await log.check();
    const said = records.filter(({ event }) => event === 'retention.erased');
    assert.deepEqual(
      said.map(({ policy, from, to, count }) => [policy, from, to, count]),
      [
        ['1ms', 0, 100, 100],
        ['1ms', 100, 200, 100],
        ['1ms', 200, 230, 30],
      ],
    );
    assert.deepEqual(log.reports, [{ is: 'erased', count: 230 }]);
  });

  it('has nothing to do the second time', async (test) => {
    const log = await openForgetfulLog(test);
    await remarks(log, 5);
    await log.age();
    await log.retention.run();
    const size = await sizeOf(log);
    await log.retention.run();
    assert.equal(await sizeOf(log), size);
    assert.equal(log.reports.length, 1);
  });

  it('waits again after a start of another instance', async (test) => {
    const log = await openForgetfulLog(test);
    await remarks(log, 5);
    await record(
      log.store,
      actOf([{ event: 'gateway.started', actor: GATEWAY, instance: 'other', version: '1' }]),
    );
    await log.age();
    await log.retention.run();
    assert.equal(await erasedIn(log), 0);
    log.clock.pass(DAY);
    await log.retention.run();
    assert.equal(await erasedIn(log), 6);
  });

  it('leaves what is held until it is lifted, and takes the rest', async (test) => {
    const log = await openForgetfulLog(test);
    await record(log.store, wordyStart(bygone()));
    const hold = someHold({ account: ACME });
    await record(log.store, placing(hold));
    await log.age();
    await log.retention.run();
    const left = async (): Promise<string[]> =>
      (await log.check()).records.slice(0, 5).map(({ event }) => event);
    assert.deepEqual(await left(), [
      'account.registered',
      'erased',
      'grant.issued',
      'visit.opened',
      'hold.placed',
    ]);
    assert.ok((await log.store.reader.people('staff', 'sam')).length > 0, 'his visit is held');
    await record(log.store, lifting(hold));
    await log.age();
    await log.retention.run();
    assert.deepEqual((await left()).slice(0, 4), ['erased', 'erased', 'erased', 'erased']);
    assert.deepEqual(await log.store.reader.people('staff', 'sam'), []);
  });

  it('stops when a hold is placed after it has looked', async (test) => {
    const log = await openForgetfulLog(test);
    await remarks(log, 300);
    await log.age();
    let isPlaced = false;
    log.store.follow((entries) => {
      if (isPlaced || !entries.some(({ record: { event } }) => event === 'retention.erased'))
        return;
      isPlaced = true;
      void log.store.commit(placing(someHold()));
    });
    await log.retention.run();
    assert.equal(await erasedIn(log), 100);
    await log.retention.run();
    assert.equal(await erasedIn(log), 100);
  });

  it('keeps the acceptance of the agreement that was accepted last', async (test) => {
    const log = await openForgetfulLog(test);
    const actor = { realm: 'staff', issuer: 'i', subject: 'sam' } as const;
    for (const version of ['1', '2', '2'])
      await record(
        log.store,
        actOf([{ event: 'agreement.accepted', actor, version, textDigest: 'sha256:00' }]),
      );
    await log.age();
    await log.retention.run();
    const { records } = await log.check();
    assert.deepEqual(
      records.slice(0, 3).map(({ event }) => event),
      ['erased', 'agreement.accepted', 'agreement.accepted'],
    );
  });

  it('never takes a policy that was loaded', async (test) => {
    const log = await openForgetfulLog(test);
    await record(
      log.store,
      actOf([{ event: 'policy.loaded', actor: GATEWAY, policy: 'p', model: 'm', rules: 'r' }]),
    );
    await log.age();
    await log.retention.run();
    assert.equal(await erasedIn(log), 0);
  });

  it('lets others write all the while', async (test) => {
    const log = await openForgetfulLog(test);
    await remarks(log, 1500);
    await log.age();
    const load = new AbortController();
    let [written, slowest] = [0, 0];
    const writer = async (): Promise<void> => {
      while (!load.signal.aborted) {
        const since = performance.now();
        await record(log.store, remark('meanwhile'));
        slowest = Math.max(slowest, performance.now() - since);
        written += 1;
      }
    };
    const writers = Promise.all([writer(), writer()]);
    await log.retention.run();
    load.abort();
    await writers;
    const { records } = await log.check();
    const erasures = records.filter(({ event }) => event === 'retention.erased');
    const between = records.slice(erasures[0]?.index, erasures[14]?.index);
    assert.ok(between.length > 30, `${between.length - 15} entries between 15 erasures`);
    assert.ok(slowest < 2000, `${slowest} ms`);
    assert.ok(written > 30);
  });

  it('goes on in another process where it was, and erases nothing twice', async (test) => {
    const first = await openForgetfulLog(test);
    await remarks(first, 150);
    await first.age();
    first.store.follow(() => void first.retention.close());
    await first.retention.run();
    assert.equal(await erasedIn(first), 100, 'it ends with the batch it is in');
    await first.close();
    const next = await openForgetfulLog(test, { file: first.file });
    await next.age();
    await next.retention.run();
    assert.equal(await erasedIn(next), 150);
  });

  it('reports what hinders it, and goes on in the next run', async (test) => {
    const log = await openForgetfulLog(test);
    await remarks(log, 5);
    await log.age();
    const { commit } = log.store;
    log.store.commit = () => Promise.resolve({ outcome: 'failed', cause: 'no room' });
    await log.retention.run();
    assert.deepEqual(
      log.reports.map(({ is }) => is),
      ['hindered'],
    );
    log.store.commit = commit;
    await log.retention.run();
    assert.equal(await erasedIn(log), 5);
  });
});
