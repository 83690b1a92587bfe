import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { type Hold, liftHold as endHold, placeHold as makeHold } from '../domain/hold.ts';
import { type AccountId, type HoldId, parseUuid } from '../domain/ids.ts';
import { Problem } from '../domain/problem.ts';
import type { Page, PageWish } from '../store/store.ts';
import { reachAccount } from './accounts.ts';
import { authorize, findAuthorization } from './authorize.ts';
import { actorFields, type Caller, conditionProblem, type Control } from './control.ts';
import { accountInput, humanText, instantInput, parseInput } from './input.ts';
import { personOf } from './person.ts';
import { type Once, onceFor, repeatedAnswer } from './once.ts';

export const holdInput = z.strictObject({
  account: accountInput.optional(),
  from: instantInput,
  to: instantInput,
  case: humanText(200),
  until: instantInput,
});

/**
 * Keeps contents from erasure for a case, of one account or of all. Throws `not-permitted`,
 * `invalid-request`, `unknown-account`.
 */
export async function placeHold(
  control: Control,
  caller: Caller,
  input: unknown,
  once?: Once,
): Promise<Hold> {
  authorize(control, caller, { resource: 'hold', action: 'place' }, ['none']);
  const repeated = await repeatedAnswer(control, once);
  if (repeated !== undefined) return seeHold(control, caller, parseUuid<HoldId>(repeated));
  const { account, ...wish } = parseInput(holdInput, input);
  const hold = makeHold(
    { ...wish, account: await reachNamed(control, caller, account) },
    {
      id: randomUUIDv7() as HoldId,
      placedBy: personOf(caller.session.principal),
      now: control.recorder.now(),
    },
  );
  const kept = onceFor(control, once, hold.id);
  const recording = await control.recorder.record(
    [
      {
        event: 'hold.placed',
        ...actorFields(caller),
        hold: hold.id,
        ...(hold.account === undefined ? {} : { account: hold.account }),
        case: hold.case,
        from: hold.from,
        to: hold.to,
        until: hold.until,
      },
    ],
    {
      changes: [{ put: 'hold', hold }, ...kept.changes],
      conditions: [...callerConditions(caller), ...kept.conditions],
    },
  );
  if (recording.outcome === 'recorded') return hold;
  if (recording.condition.that !== 'key-unused') throw conditionProblem(recording.condition);
  return placeHold(control, caller, input, once);
}

/** Ends a hold at once. Throws `not-found`, `not-permitted`, and `version-conflict` if it has ended already. */
export async function liftHold(
  control: Control,
  caller: Caller,
  id: HoldId | undefined,
): Promise<Hold> {
  const hold = await seeHold(control, caller, id);
  authorize(control, caller, { resource: 'hold', action: 'lift' }, ['none']);
  const lifted = endHold(hold, {
    person: personOf(caller.session.principal),
    now: control.recorder.now(),
  });
  const recording = await control.recorder.record(
    [
      {
        event: 'hold.lifted',
        ...actorFields(caller),
        hold: hold.id,
        ...(hold.account === undefined ? {} : { account: hold.account }),
        until: hold.until,
      },
    ],
    {
      changes: [{ put: 'hold', hold: lifted }],
      conditions: [...callerConditions(caller), { that: 'hold-not-lifted', hold: hold.id }],
    },
  );
  if (recording.outcome === 'refused') throw conditionProblem(recording.condition);
  return lifted;
}

/** Every hold there is, newest first. Throws `not-permitted`. */
export async function listHolds(
  control: Control,
  caller: Caller,
  wish: PageWish,
): Promise<Page<Hold>> {
  authorize(control, caller, { resource: 'hold', action: 'see' }, ['none']);
  return control.recorder.reader.holds(wish);
}

async function seeHold(control: Control, caller: Caller, id: HoldId | undefined): Promise<Hold> {
  const right = { resource: 'hold', action: 'see' } as const;
  const seen = findAuthorization(control, caller, right, ['none']);
  const hold = id === undefined ? undefined : await control.recorder.reader.hold(id);
  if (hold === undefined || seen === undefined)
    throw new Problem('not-found', 'There is no such hold.');
  return hold;
}

async function reachNamed(
  control: Control,
  caller: Caller,
  id: AccountId | undefined,
): Promise<AccountId | undefined> {
  return id === undefined ? undefined : (await reachAccount(control, caller, id)).account.id;
}

function callerConditions({ session }: Caller) {
  return [
    { that: 'sign-in-alive', session: session.id },
    { that: 'role-held', session: session.id, role: 'admin' },
  ] as const;
}
