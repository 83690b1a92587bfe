import { actorOf, type Event, type EventName, GATEWAY } from '../../src/domain/event.ts';
import {
  accessAttempted,
  accountRegistered,
  ACME,
  basisOf,
  grant,
  grantIssued,
  grantRevoked,
  NOON,
  permit,
  session,
  sessionStarted,
  staff,
  visit,
  visitOpened,
} from './specimens.ts';

const actor = actorOf(staff(), session().id);
const network = { ip: '192.0.2.10', userAgent: 'Firefox' };
const from = { actor, network, account: ACME };
const policy = 'sha256:00';

/** One of every event there is, with every field it can have. */
export const EVERY_EVENT: { readonly [Name in EventName]: Extract<Event, { event: Name }> } = {
  'access.attempted': {
    ...accessAttempted(permit()),
    request: { method: 'GET', path: '/invoices/1042', query: 'page=2', noun: 'invoice 1042' },
  },
  'access.finished': {
    event: 'access.finished',
    ...from,
    attempt: 7,
    status: 200,
    bytesIn: 0,
    bytesOut: 512,
    durationMs: 12,
    cut: 'grant-ended',
  },
  'access.interrupted': { event: 'access.interrupted', ...from, attempt: 7, why: 'crash' },
  'access.refused': {
    event: 'access.refused',
    ...from,
    reason: 'no-basis',
    access: 'write',
    visit: visit().id,
    purpose: 'a look',
    ticket: 'T-1',
    request: { method: 'POST', path: '/users' },
    policy,
    rule: 'p, support, content, write, grant, deny',
    count: 3,
    from: NOON,
    to: NOON + 1,
  },
  'visit.opened': { ...visitOpened(visit(), grant()), network, ticket: 'T-1' },
  'visit.closed': { event: 'visit.closed', ...from, visit: visit().id, why: 'visitor' },
  'grant.issued': { ...grantIssued(grant()), network, reason: 'a broken invoice' },
  'grant.changed': {
    event: 'grant.changed',
    ...from,
    basis: basisOf(grant()),
    grant: grantIssued(grant()).grant,
  },
  'grant.revoked': { ...grantRevoked(grant()), network, reason: 'done', policy },
  'account.registered': { ...accountRegistered(), network, name: 'Acme Corp' },
  'agreement.accepted': {
    event: 'agreement.accepted',
    actor,
    network,
    version: '2026-01',
    textDigest: policy,
  },
  'session.started': { ...sessionStarted(session()), accounts: [ACME] },
  'session.ended': {
    event: 'session.ended',
    actor,
    network,
    session: session().id,
    why: 'signed-out',
  },
  'session.refused': { event: 'session.refused', actor, network, reason: 'wrong nonce' },
  'log.read': { event: 'log.read', ...from, query: 'account=acme', count: 2 },
  'policy.loaded': { event: 'policy.loaded', actor: GATEWAY, policy, model: 'm', rules: 'p' },
  'configuration.loaded': { event: 'configuration.loaded', actor: GATEWAY, digest: policy },
  'gateway.started': {
    event: 'gateway.started',
    actor: GATEWAY,
    instance: 'one',
    version: '0.1.0',
  },
  'gateway.stopped': { event: 'gateway.stopped', actor: GATEWAY, instance: 'one' },
  'log.begun': {
    event: 'log.begun',
    actor: GATEWAY,
    origin: 'log.example/1',
    format: 'sallyport-log/v1',
  },
};
