import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import type { Basis } from '../domain/basis.ts';
import type { Change } from '../domain/change.ts';
import type { Grant } from '../domain/grant.ts';
import { type AccountId, parseUuid, type SecretHash, type VisitId } from '../domain/ids.ts';
import { Problem } from '../domain/problem.ts';
import type { Instant } from '../domain/time.ts';
import type { Visit } from '../domain/visit.ts';
import { findWayIn, reachAccount, type WayIn } from './accounts.ts';
import { requireAgreement } from './agreement.ts';
import { type Authorization, authorize } from './authorize.ts';
import { actorFields, type Caller, conditionProblem, type Control } from './control.ts';
import { accountInput, humanText, parseInput, pathInput, scopeInput } from './input.ts';
import { seeVisit } from './visit-sight.ts';
import { type Once, onceFor, repeatedAnswer } from './once.ts';
import { recordingRefusal } from './refusals.ts';
import { hashSecret, makeSecret } from './secrets.ts';

const CODE_LIFETIME_MS = 60_000;

export const visitInput = z.strictObject({
  account: accountInput,
  purpose: humanText(500),
  ticket: humanText(100).optional(),
  to: pathInput.optional(),
  scope: scopeInput.optional(),
});

export interface OpenedVisit {
  readonly visit: Visit;
  readonly basis: Basis;
  readonly expiresAt: Instant;
  /** Where a browser enters: good once, for 60 seconds. Absent when an earlier request is repeated: secrets are not. */
  readonly url: string | undefined;
  /** What a program sends. Absent likewise. */
  readonly token: string | undefined;
}

/**
 * Opens a visit of an account for a stated purpose. Throws `invalid-request`, `unknown-account`,
 * `not-permitted`, `agreement-required`, `no-basis`, `read-only`.
 */
export async function openVisit(
  control: Control,
  caller: Caller,
  input: unknown,
  once?: Once,
): Promise<OpenedVisit> {
  const repeated = await repeatedAnswer(control, once);
  if (repeated !== undefined) return repeatVisit(control, caller, parseUuid<VisitId>(repeated));
  const wish = parseInput(visitInput, input);
  const { account, purpose } = wish;
  const wanted = () => ({ act: 'visit.open', account, purpose }) as const;
  return recordingRefusal(control, caller, wanted, () => openWished(control, caller, wish, once));
}

async function openWished(
  control: Control,
  caller: Caller,
  wish: z.output<typeof visitInput>,
  once: Once | undefined,
): Promise<OpenedVisit> {
  const { account } = await reachAccount(control, caller, wish.account);
  const right = { resource: 'visit', action: 'open' } as const;
  const permitted = authorize(control, caller, right, ['grant']);
  await requireAgreement(control, caller);
  const wayIn = await mustFindWayIn(control, caller, account.id, wish.scope);
  const visit: Visit = {
    id: randomUUIDv7() as VisitId,
    account: account.id,
    principal: caller.session.principal,
    session: caller.session.id,
    kind: 'grant',
    scope: wish.scope,
    purpose: wish.purpose,
    ticket: wish.ticket,
    to: wish.to ?? '/',
    openedAt: control.recorder.now(),
    expiresAt: caller.session.expiresAt,
    closed: undefined,
    version: 1,
  };
  const secrets = { code: makeSecret('spk_'), token: makeSecret('spv_') };
  const isRecorded = await recordOpening(control, caller, {
    visit,
    wayIn,
    permitted,
    secrets,
    once,
  });
  if (!isRecorded) return repeatVisit(control, caller, await onceMade(control, once));
  return {
    visit,
    basis: basisOf(grantFor(wayIn, visit)),
    expiresAt: Math.min(wayIn.until, caller.session.expiresAt),
    url: `${control.settings.accountOrigin(account.id)}/.sallyport/enter?code=${secrets.code}`,
    token: secrets.token,
  };
}

/** Whether it was recorded; `false` if the same request was recorded at the same moment. */
async function recordOpening(
  control: Control,
  caller: Caller,
  opening: {
    visit: Visit;
    wayIn: WayIn;
    permitted: Authorization;
    secrets: { code: string; token: string };
    once: Once | undefined;
  },
): Promise<boolean> {
  const { visit, wayIn, permitted, secrets } = opening;
  const { session } = caller;
  const kept = onceFor(control, opening.once, visit.id);
  const recording = await control.recorder.record(
    [
      {
        event: 'visit.opened',
        ...actorFields(caller),
        account: visit.account,
        visit: visit.id,
        basis: basisOf(grantFor(wayIn, visit)),
        purpose: visit.purpose,
        expiresAt: visit.expiresAt,
        policy: permitted.policy,
        ...(visit.scope === undefined ? {} : { scope: visit.scope }),
        ...(visit.ticket === undefined ? {} : { ticket: visit.ticket }),
      },
    ],
    {
      changes: [
        { put: 'visit', visit },
        visitKey(visit, 'code', hashSecret(secrets.code), visit.openedAt + CODE_LIFETIME_MS),
        visitKey(visit, 'token', hashSecret(secrets.token), session.expiresAt),
        ...kept.changes,
      ],
      conditions: [
        { that: 'sign-in-alive', session: session.id },
        { that: 'role-held', session: session.id, role: permitted.role },
        {
          that: 'basis-covers',
          basis: basisOf(grantFor(wayIn, visit)),
          session: session.id,
          account: visit.account,
          access: 'read',
        },
        ...kept.conditions,
      ],
    },
  );
  if (recording.outcome === 'recorded') return true;
  if (recording.condition.that === 'key-unused') return false;
  throw conditionProblem(recording.condition);
}

/** What the same request made at the same moment. */
async function onceMade(control: Control, once: Once | undefined): Promise<VisitId | undefined> {
  return parseUuid<VisitId>(await repeatedAnswer(control, once));
}

async function repeatVisit(
  control: Control,
  caller: Caller,
  id: VisitId | undefined,
): Promise<OpenedVisit> {
  const { visit } = await seeVisit(control, caller, id);
  const wayIn = await mustFindWayIn(control, caller, visit.account, undefined);
  return {
    visit,
    basis: basisOf(grantFor(wayIn, visit)),
    expiresAt: Math.min(wayIn.until, caller.session.expiresAt),
    url: undefined,
    token: undefined,
  };
}

async function mustFindWayIn(
  control: Control,
  caller: Caller,
  account: AccountId,
  scope: 'read' | 'write' | undefined,
): Promise<WayIn> {
  const wayIn = await findWayIn(control, caller, account);
  if (wayIn === undefined)
    throw new Problem(
      'no-basis',
      'Nobody has let you into this account, or the permission has ended.',
    );
  if (scope === 'write' && wayIn.scope === 'read')
    throw new Problem('read-only', 'You were let in to look only.');
  return wayIn;
}

/** As at each of its requests: the narrowest that is enough. */
function grantFor(wayIn: WayIn, visit: Visit): Grant {
  return visit.scope === 'write' ? wayIn.grant : wayIn.lookingGrant;
}

export function basisOf(grant: Grant): Basis {
  return { kind: 'grant', id: grant.id };
}

function visitKey(
  visit: Visit,
  use: 'code' | 'token',
  hash: SecretHash,
  expiresAt: Instant,
): Change {
  return { put: 'visit-key', key: { hash, visit: visit.id, use, expiresAt } };
}
