import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Grant } from '../../src/domain/grant.ts';
import type { Arrival, Visitor } from '../../src/gateway/arrival.ts';
import { AssertionSigner, type KeyBoard } from '../../src/gateway/assertion.ts';
import { Exchanges } from '../../src/gateway/exchanges.ts';
import { UpstreamPools } from '../../src/gateway/forward.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { loopbackLookup } from '../../src/http/loopback-lookup.ts';
import { Facts } from '../../src/policy/facts.ts';
import { loadPolicy } from '../../src/policy/policy.ts';
import type { Reader } from '../../src/store/store.ts';
import { shipped } from '../policy/policy-files.ts';
import { revoking } from '../support/acts.ts';
import { openLog } from '../support/open-log.ts';
import { ACME } from '../support/specimens.ts';
import { until } from '../support/until.ts';
import { messageOf, upstreamOf } from './requests.ts';

const ORIGIN = 'http://acme.accounts.localhost:8080';
const UNPUBLISHABLE: KeyBoard = {
  publish: () => Promise.reject(new Error('the store is away')),
  published: () => Promise.resolve([]),
};

/** A gateway on a log of its own, with somebody in an account; `reader` is where the judge finds its facts. */
async function build(test: TestContext, reader: (real: Reader) => Reader = (real) => real) {
  const log = await openLog(test, 'staged');
  const policy = await loadPolicy(shipped);
  const pools = new UpstreamPools(loopbackLookup);
  test.after(() => pools.close());
  const now = () => log.recorder.now();
  const exchanges: Exchanges = new Exchanges(now, (permit) => gateway.reconsider(permit));
  const gateway: Gateway = new Gateway({
    recorder: log.recorder,
    facts: new Facts(() => reader(log.store.reader)),
    policy: () => policy,
    exchanges,
    signer: new AssertionSigner('http://sallyport.localhost:8080', UNPUBLISHABLE),
    pools,
    upstreams: [upstreamOf()],
    cookieNames: ['sallyport-visit'],
  });
  const { visit, session } = log.set;
  const visitor: Visitor = { visit, session };
  const message = messageOf([], 'GET', '/users');
  const arrival: Arrival = { message, account: ACME, origin: ORIGIN, network: { ip: '192.0.2.1' } };
  return { log, gateway, exchanges, visitor, arrival };
}

describe('an attempt on record that cannot be sent', () => {
  it('ends at once, and leaves no exchange behind', async (test) => {
    const { log, gateway, exchanges, visitor, arrival } = await build(test);
    const admitted = await gateway.admit(arrival, visitor);
    assert.equal(exchanges.count, 1);
    await assert.rejects(gateway.prepare(arrival, admitted), /the store is away/);
    assert.equal(exchanges.count, 0);
    await until(
      'its end',
      async () => (await log.check()).records.at(-1)?.event === 'access.finished',
    );
    const end = (await log.check(true)).records.at(-1);
    assert.equal(end?.['attempt'], admitted.recorded.index);
    assert.equal(end?.['status'], 500);
  });
});

describe('a fact that has changed since it was looked up', () => {
  it('admits nobody, however often the judge is asked, and leaves no exchange behind', async (test) => {
    let asked = 0;
    const stale: Grant[] = [];
    const reader = withGrants(() => {
      asked += 1;
      return stale;
    });
    const { log, gateway, exchanges, visitor, arrival } = await build(test, reader);
    stale.push(log.set.grant);
    await log.store.commit(revoking(log.set, Date.now()));
    await assert.rejects(gateway.admit(arrival, visitor), { reason: 'no-basis' });
    assert.equal(asked, 3);
    assert.equal(exchanges.count, 0);
    assert.equal((await log.check(true)).attempts.length, 0);
  });

  it('costs a second decision when another grant covers the visit', async (test) => {
    let answers = 0;
    const late: Grant[] = [];
    const reader = withGrants(() => {
      answers += 1;
      return answers === 1 ? late : undefined;
    });
    const { log, gateway, visitor, arrival } = await build(test, reader);
    const { grant } = log.set;
    // A grant that the store has never heard of: what a look-up may answer a moment too late.
    late.push({ ...grant, id: visitor.visit.id as unknown as Grant['id'], issuedAt: 0 });
    const admitted = await gateway.admit(arrival, visitor);
    assert.equal(answers, 2);
    assert.equal(admitted.recorded.event.basis.id, grant.id);
    gateway.finish(admitted, {
      status: 200,
      bytesIn: 0,
      bytesOut: 0,
      cut: undefined,
      isUnanswered: false,
    });
    admitted.exchange.close();
  });
});

/** A reader that answers with these grants, or with those there are. */
function withGrants(answer: () => readonly Grant[] | undefined): (real: Reader) => Reader {
  return (real) =>
    new Proxy(real, {
      get: (target, name) => {
        const own: unknown = Reflect.get(target, name);
        if (typeof own !== 'function') return own;
        return name === 'grantsSince'
          ? async (...asked: unknown[]) => answer() ?? Reflect.apply(own, target, asked)
          : own.bind(target);
      },
    });
}
