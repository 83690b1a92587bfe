import type { TestContext } from 'node:test';
import { GATEWAY } from '../../src/domain/event.ts';
import { Retention, type RetentionReport } from '../../src/recorder/retention.ts';
import type { Act, Store } from '../../src/store/store.ts';
import { actOf, newSecret, record, settingUp, type Stage, stage } from './acts.ts';
import { FakeClock } from './fake-clock.ts';
import { type OpenLog, openLog } from './open-log.ts';
import { accessAttempted, DAY, HOUR, NOON } from './specimens.ts';
import { until } from './until.ts';

/** So short that everything that is over has outlived it as soon as another entry stands behind it. */
export const BRIEF_MS = 1;

/** A log whose contents are over at once, and what erases them: it has waited its day. */
export interface ForgetfulLog extends OpenLog {
  readonly retention: Retention;
  readonly clock: FakeClock;
  readonly reports: readonly RetentionReport[];
  /** Lets the time of the log pass everything that is over now. */
  age(): Promise<void>;
}

export async function openForgetfulLog(
  test: TestContext,
  at: { readonly file?: string } = {},
): Promise<ForgetfulLog> {
  const log = await openLog(test, 'empty', { ...at, retentionMs: BRIEF_MS });
  await log.recorder.startSearch();
  const clock = new FakeClock(NOON);
  const reports: RetentionReport[] = [];
  const { store, recorder } = log;
  const retention = new Retention({
    store,
    recorder,
    clock,
    retentionMs: BRIEF_MS,
    report: (report) => void reports.push(report),
    pauseMs: 0,
  });
  test.after(() => retention.close());
  clock.pass(DAY);
  const ageSeen = async (): Promise<void> => {
    await age(store);
    const { size } = await store.reader.logState();
    await until('the search index has come so far', async () => {
      return (await store.reader.searchedUpTo()) >= size;
    });
  };
  return { ...log, retention, clock, reports, age: ageSeen };
}

const HEARTBEAT = (): Act => actOf([{ event: 'log.heartbeat', actor: GATEWAY, everyMs: HOUR }]);

/** Writes public entries until the log's time has gone on, and waits for the search index. */
export async function age(store: Store): Promise<void> {
  const { lastTime } = await store.reader.logState();
  await until('time passes', async () => {
    await record(store, HEARTBEAT());
    return (await store.reader.logState()).lastTime > lastTime + BRIEF_MS;
  });
}

/** A grant, a sign-in and a visit that were all over long ago. */
export function bygone(over: Parameters<typeof stage>[1] = {}): Stage {
  return stage(Date.now() - 10 * DAY, over);
}

/** What `settingUp` writes, and every other row there can be about the same people. */
export function wordyStart(set: Stage): Act {
  const { principal } = set.session;
  const { issuer, subject, name, email, verifiedEmail } = principal;
  const act = settingUp(set);
  const hash = newSecret();
  return {
    ...act,
    changes: [
      ...act.changes,
      {
        put: 'person',
        person: { issuer, subject, realm: 'staff', name, email, verifiedEmail, lastSignInAt: 1 },
      },
      { put: 'visit-key', key: { hash, visit: set.visit.id, use: 'token', expiresAt: 1 } },
      {
        put: 'used-key',
        key: { key: `state of ${subject}`, bodyDigest: '', made: 'x', expiresAt: 1 },
      },
    ],
  };
}

/** What became of it later: it was too late. */
export function tooLate(set: Stage, path = '/users'): Act {
  const { actor, network, account, access, visit, purpose, ticket, request } = accessAttempted(
    set.permit,
    path,
  );
  const asked = { actor, network, account, access, visit, purpose, ticket: ticket ?? '', request };
  return actOf([{ event: 'access.refused', ...asked, reason: 'no-basis' }]);
}
