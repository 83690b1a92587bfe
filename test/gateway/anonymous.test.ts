import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { AccessRefused } from '../../src/domain/event.ts';
import { type AnonymousRefusal, AnonymousRefusals } from '../../src/gateway/anonymous.ts';
import { ACME, GLOBEX, MINUTE, NOON } from '../support/specimens.ts';

let now = NOON;
let isAway = false;
let written: AccessRefused[] = [];
let refusals: AnonymousRefusals;

function refusal(over: Partial<AnonymousRefusal> = {}): AnonymousRefusal {
  return {
    reason: 'sign-in-required',
    account: ACME,
    network: { ip: '192.0.2.9' },
    request: { method: 'GET', path: '/users' },
    ...over,
  };
}

async function note(times: number, over: Partial<AnonymousRefusal> = {}): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    now += 1000;
    await refusals.note(refusal(over));
  }
}

/** Every refusal that can be read from what was written. */
function total(): number {
  return written.reduce((sum, { count }) => sum + (count ?? 1), 0);
}

beforeEach(() => {
  mock.timers.enable({ apis: ['setInterval'] });
  now = NOON;
  isAway = false;
  written = [];
  refusals = new AnonymousRefusals(
    () => now,
    async (event) => {
      await Promise.resolve();
      if (isAway) throw new Error('log-unavailable');
      written.push(event);
    },
  );
});

afterEach(async () => {
  isAway = false;
  await refusals.close();
  mock.timers.reset();
});

describe('refusals of strangers', () => {
  it('are recorded whole the first time, and counted from then on', async () => {
    await note(100);
    assert.deepEqual(written, [
      {
        event: 'access.refused',
        actor: { realm: 'stranger', subject: 'anonymous' },
        network: { ip: '192.0.2.9' },
        reason: 'sign-in-required',
        account: ACME,
        request: { method: 'GET', path: '/users' },
      },
    ]);
  });

  it('come in one summary after a minute, with how many and from when to when', async () => {
    await note(100);
    mock.timers.tick(MINUTE);
    await new Promise(setImmediate);
    assert.equal(written.length, 2);
    assert.deepEqual(written[1], {
      event: 'access.refused',
      actor: { realm: 'stranger', subject: 'anonymous' },
      reason: 'sign-in-required',
      account: ACME,
      count: 99,
      from: NOON + 1000,
      to: NOON + 100_000,
    });
    assert.equal(total(), 100);
  });

  it('begin anew after a summary, and leave nothing where nothing came', async () => {
    await note(3);
    await refusals.summarize();
    await refusals.summarize();
    assert.equal(written.length, 2);
    await note(1);
    assert.equal(written.length, 3);
    assert.equal(written[2]?.count, undefined);
  });

  it('are told apart by reason and account', async () => {
    await note(2);
    await note(2, { account: GLOBEX });
    await note(2, { account: undefined });
    await note(2, { reason: 'ambiguous-request' });
    assert.equal(written.length, 4);
    await refusals.summarize();
    assert.equal(written.length, 8);
    assert.equal(total(), 8);
  });

  it('are written down when the gateway stops', async () => {
    await note(5);
    await refusals.close();
    assert.equal(total(), 5);
  });
});

describe('while the log cannot be written, refusals of strangers', () => {
  it('are refused too, and the first is counted all the same', async () => {
    isAway = true;
    await assert.rejects(note(1));
    isAway = false;
    await note(2);
    await refusals.summarize();
    assert.equal(total(), 3);
  });

  it('are counted further, through any number of failed summaries', async () => {
    await note(4);
    isAway = true;
    for (let round = 0; round < 3; round += 1) await refusals.summarize();
    await note(2);
    isAway = false;
    await refusals.summarize();
    assert.equal(total(), 6);
    assert.equal(written.at(-1)?.from, NOON + 1000);
    assert.equal(written.at(-1)?.to, NOON + 6000);
  });

  it('do not keep the gateway from stopping', async () => {
    await note(4);
    isAway = true;
    await refusals.close();
    assert.equal(written.length, 1);
  });

  it('that come during a failing summary are not lost', async () => {
    await note(4);
    isAway = true;
    const summary = refusals.summarize();
    const first = assert.rejects(note(1));
    await summary;
    await first;
    await note(1);
    isAway = false;
    await refusals.summarize();
    assert.equal(total(), 6);
  });
});
