import { randomUUIDv7 } from 'node:crypto';
import { parseAccountId } from '../../domain/account-id.ts';
import { actorOf, type Event, GATEWAY } from '../../domain/event.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { Policy } from '../../policy/policy.ts';
import { Recorder } from '../../recorder/recorder.ts';
import { systemClock } from '../../store/clock.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { inviteInto, permitOf, type Scene } from './specimen-people.ts';

const YEAR_MS = 365 * 86_400_000;
export const SPECIMEN_ORIGIN = 'drill.example/log';

/** Writes a small log of two accounts into a new store, through the recorder, as a gateway would. */
export async function writeSpecimenLog(file: string, policy: Policy): Promise<void> {
  const instance = randomUUIDv7() as InstanceId;
  const store = await openSqliteStore({ file, instance, retentionMs: YEAR_MS, reserveBytes: 0 });
  const recorder = new Recorder(store, systemClock, 0);
  try {
    for (const event of beginning(instance, policy)) await recorder.record([event]);
    for (const account of ['acme', 'globex'].flatMap((name) => parseAccountId(name) ?? []))
      await tellVisit(recorder, inviteInto(account, recorder.now()), policy);
    await recorder.record([{ event: 'gateway.stopped', actor: GATEWAY, instance }]);
  } finally {
    await recorder.close();
    await store.close();
  }
}

/** What every log begins with, so that accesses have a policy to rest on. */
export function beginning(instance: InstanceId, { digest, model, rules }: Policy): Event[] {
  const actor = GATEWAY;
  return [
    { event: 'log.begun', actor, origin: SPECIMEN_ORIGIN, format: 'sallyport-log/v1' },
    { event: 'gateway.started', actor, instance, version: 'drill' },
    { event: 'policy.loaded', actor, policy: digest, model, rules },
  ];
}

/** An owner lets somebody in, who looks twice; then the owner ends it. */
async function tellVisit(recorder: Recorder, scene: Scene, policy: Policy): Promise<void> {
  for (const event of invitation(scene, policy.digest)) await recorder.record([event]);
  for (const path of ['/users', '/invoices/1042']) {
    const looking = await recorder.record([look(scene, policy, path)]);
    if (looking.outcome !== 'recorded') throw new Error('an access of the specimen was refused');
    await recorder.record([finish(scene, looking.recorded[0].index)]);
  }
  await recorder.record([revoke(scene, policy.digest)]);
}

/** An owner and somebody of the staff sign in, and the one lets the other in. */
export function invitation({ owner, staff, grant, visit }: Scene, policy: string): Event[] {
  const { account } = grant;
  const basis = { kind: 'grant', id: grant.id } as const;
  const [byOwner, byStaff] = [owner, staff].map(({ principal, id }) => actorOf(principal, id));
  if (byOwner === undefined || byStaff === undefined) return [];
  const { id, grantee, scope, startsAt, expiresAt, version } = grant;
  const { issuer, subject } = grant.issuedBy;
  const fact = { id, grantee, scope, issuedBy: { issuer, subject }, startsAt, expiresAt, version };
  const { purpose } = visit;
  return [
    {
      event: 'session.started',
      actor: byOwner,
      session: owner.id,
      accounts: [account],
      expiresAt: owner.expiresAt,
    },
    { event: 'account.registered', actor: byOwner, account },
    { event: 'grant.issued', actor: byOwner, account, basis, grant: fact, policy },
    { event: 'session.started', actor: byStaff, session: staff.id, expiresAt: staff.expiresAt },
    {
      event: 'visit.opened',
      actor: byStaff,
      account,
      visit: visit.id,
      basis,
      purpose,
      expiresAt: visit.expiresAt,
      policy,
    },
  ];
}

/** Somebody looks at a page of the account. */
export function look(scene: Scene, policy: Policy, path: string): Event {
  const { staff, visit } = scene;
  const permit = permitOf(scene, policy);
  return {
    event: 'access.attempted',
    actor: actorOf(staff.principal, staff.id),
    network: { ip: '192.0.2.10' },
    account: visit.account,
    permit,
    access: permit.access,
    basis: permit.basis,
    visit: visit.id,
    purpose: visit.purpose,
    request: { method: 'GET', path },
    upstream: 'console',
    policy: permit.policy,
    rule: permit.rule,
  };
}

/** How that ended. */
export function finish({ staff, visit }: Scene, attempt: number): Event {
  return {
    event: 'access.finished',
    actor: actorOf(staff.principal, staff.id),
    account: visit.account,
    attempt,
    status: 200,
    bytesIn: 0,
    bytesOut: 512,
    durationMs: 7,
  };
}

function revoke({ owner, grant }: Scene, policy: string): Event {
  return {
    event: 'grant.revoked',
    actor: actorOf(owner.principal, owner.id),
    account: grant.account,
    basis: { kind: 'grant', id: grant.id },
    expiresAt: grant.expiresAt,
    policy,
  };
}
