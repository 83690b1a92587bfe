import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { AuditRecord } from '../../src/audit/record.ts';
import type { Permit } from '../../src/domain/decision.ts';
import type { Cut } from '../../src/domain/event.ts';
import type { GrantId, SessionId, VisitId } from '../../src/domain/ids.ts';
import { type Exchange, Exchanges } from '../../src/gateway/exchanges.ts';
import { GLOBEX, HOUR, MINUTE, NOON, permit, visit } from '../support/specimens.ts';

let now = NOON;
let questions: Permit[] = [];
let answers: (Permit | Cut | Error | Promise<Permit | Cut>)[] = [];
let exchanges: Exchanges;

function pass(milliseconds: number): void {
  now += milliseconds;
  mock.timers.tick(milliseconds);
}

/** Lets everything that has been promised come about. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

function hear(record: Record<string, unknown>): Promise<void> {
  const told = { index: 1, at: now, ...record } as unknown as AuditRecord;
  exchanges.hear([{ index: 1, at: now, record: told }]);
  return settle();
}

function reasonOf(exchange: Exchange): unknown {
  return exchange.signal.aborted ? exchange.signal.reason : undefined;
}

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  now = NOON;
  questions = [];
  answers = [];
  exchanges = new Exchanges(
    () => now,
    async (asked) => {
      questions.push(asked);
      const answer = answers.shift() ?? asked;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  );
});

afterEach(() => {
  exchanges.cutAll('shutdown');
  mock.timers.reset();
});

describe('an exchange under way', () => {
  it('is cut when its grant is revoked and nothing else covers it', async () => {
    const exchange = exchanges.open(permit());
    answers = ['grant-ended'];
    await hear({ event: 'grant.revoked', account: 'acme' });
    assert.equal(reasonOf(exchange), 'grant-ended');
    assert.equal(exchanges.count, 0);
  });

  it('goes on under another grant, and stands on that one then', async () => {
    const exchange = exchanges.open(permit());
    const other = permit({
      basis: { kind: 'grant', id: '018f0000-0000-7000-8000-00000000000b' as GrantId },
      expiresAt: NOON + 2 * HOUR,
    });
    answers = [other];
    await hear({ event: 'grant.revoked', account: 'acme' });
    assert.equal(reasonOf(exchange), undefined);
    assert.equal(exchange.permit, other);
    answers = ['grant-ended'];
    await hear({ event: 'grant.revoked', account: 'acme' });
    assert.equal(questions.at(-1), other);
    assert.equal(reasonOf(exchange), 'grant-ended');
  });

  it('is asked about when a grant of its account changes, and not when one of another does', async () => {
    exchanges.open(permit());
    const other = exchanges.open(permit({ visit: visit({ account: GLOBEX }) }));
    await hear({ event: 'grant.changed', account: 'globex' });
    assert.deepEqual(questions, [other.permit]);
    await hear({ event: 'grant.issued', account: 'acme' });
    await hear({ event: 'access.finished', account: 'acme' });
    assert.equal(questions.length, 1);
  });

  it('is cut when nobody can say whether it may go on', async () => {
    const exchange = exchanges.open(permit());
    answers = [new Error('the store is away')];
    await hear({ event: 'grant.revoked', account: 'acme' });
    assert.equal(reasonOf(exchange), 'grant-ended');
  });

  it('is cut at once when its visit is closed, and only then', async () => {
    const exchange = exchanges.open(permit());
    await hear({ event: 'visit.closed', visit: '018f0000-0000-7000-8000-0000000000f2' });
    assert.equal(reasonOf(exchange), undefined);
    await hear({ event: 'visit.closed', visit: visit().id });
    assert.equal(reasonOf(exchange), 'visit-closed');
    assert.equal(questions.length, 0);
  });

  it('is cut at once when its sign-in ends, with all others of that sign-in', async () => {
    const one = exchanges.open(permit());
    const two = exchanges.open(
      permit({ visit: visit({ id: '018f0000-0000-7000-8000-0000000000f2' as VisitId }) }),
    );
    const other = '018f0000-0000-7000-8000-000000000002' as SessionId;
    const three = exchanges.open(permit({ visit: visit({ session: other }) }));
    await hear({ event: 'session.ended', session: visit().session });
    assert.deepEqual([one, two, three].map(reasonOf), ['signed-out', 'signed-out', undefined]);
    assert.equal(exchanges.count, 1);
  });

  it('keeps the first reason it was cut for', () => {
    const exchange = exchanges.open(permit());
    exchange.cut('client-left');
    exchanges.cutAll('shutdown');
    exchange.cut('grant-ended');
    assert.equal(reasonOf(exchange), 'client-left');
  });

  it('is never cut once it is over', async () => {
    const exchange = exchanges.open(permit());
    exchange.close();
    exchange.cut('grant-ended');
    await hear({ event: 'session.ended', session: visit().session });
    pass(2 * HOUR);
    await settle();
    assert.equal(reasonOf(exchange), undefined);
    assert.deepEqual(questions, []);
  });

  it('is not brought back by an answer that comes after its end', async () => {
    const { promise, resolve } = Promise.withResolvers<Permit | Cut>();
    const exchange = exchanges.open(permit());
    answers = [promise];
    await hear({ event: 'grant.revoked', account: 'acme' });
    exchange.close();
    resolve('grant-ended');
    await settle();
    assert.equal(reasonOf(exchange), undefined);
    assert.equal(exchanges.count, 0);
  });

  it('believes the last answer, whichever comes last', async () => {
    const early = Promise.withResolvers<Permit | Cut>();
    const late = Promise.withResolvers<Permit | Cut>();
    const exchange = exchanges.open(permit());
    answers = [early.promise, late.promise];
    await hear({ event: 'grant.revoked', account: 'acme' });
    await hear({ event: 'grant.revoked', account: 'acme' });
    const shorter = permit({ expiresAt: NOON + MINUTE });
    late.resolve(shorter);
    await settle();
    early.resolve(permit({ expiresAt: NOON + 5 * HOUR }));
    await settle();
    assert.equal(exchange.permit, shorter);
  });
});

describe('the end of a basis', () => {
  it('is noticed when its time has come, not before', async () => {
    const exchange = exchanges.open(permit({ expiresAt: NOON + 10_000 }));
    answers = ['grant-ended'];
    pass(9_999);
    await settle();
    assert.equal(questions.length, 0);
    pass(1);
    await settle();
    assert.equal(reasonOf(exchange), 'grant-ended');
  });

  it('leaves the exchange to another grant that still lives', async () => {
    const exchange = exchanges.open(permit({ expiresAt: NOON + 10_000 }));
    answers = [permit({ expiresAt: NOON + 20_000 }), 'grant-ended'];
    pass(10_000);
    await settle();
    assert.equal(reasonOf(exchange), undefined);
    pass(9_999);
    await settle();
    assert.equal(reasonOf(exchange), undefined);
    pass(1);
    await settle();
    assert.equal(reasonOf(exchange), 'grant-ended');
  });

  it('is noticed within a second when the clock is set forward', async () => {
    const exchange = exchanges.open(permit({ expiresAt: NOON + HOUR }));
    answers = ['grant-ended'];
    now += 2 * HOUR;
    mock.timers.tick(1000);
    await settle();
    assert.equal(reasonOf(exchange), 'grant-ended');
  });

  it('that has passed already cuts at once', async () => {
    const exchange = exchanges.open(permit({ expiresAt: NOON }));
    answers = ['grant-ended'];
    await settle();
    assert.equal(reasonOf(exchange), 'grant-ended');
  });

  it('is not awaited for longer than a minute, since sign-ins idle out without a word', async () => {
    const exchange = exchanges.open(permit({ expiresAt: NOON + 30 * 24 * HOUR }));
    answers = [permit({ expiresAt: NOON + 30 * 24 * HOUR }), 'signed-out'];
    for (let seconds = 0; seconds < 121; seconds += 1) {
      pass(1000);
      await settle();
    }
    assert.equal(questions.length, 2);
    assert.equal(reasonOf(exchange), 'signed-out');
  });
});
