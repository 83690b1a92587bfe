import type { AuditRecord } from '../../src/audit/record.ts';
import type { Access, Basis, Scope } from '../../src/domain/basis.ts';
import type { Actor, GrantFact } from '../../src/domain/event.ts';

/** An access as the log tells it. */
export interface Attempt {
  readonly index: number;
  readonly at: number;
  readonly account: string;
  readonly access: Access;
  readonly basis: Basis;
  readonly visit: string;
  readonly actor: Actor;
  readonly request: { readonly method: string; readonly path: string };
}

interface IssuedGrant {
  fact: GrantFact;
  readonly account: string;
  isRevoked: boolean;
}

interface OpenedVisit {
  readonly account: string;
  /** `undefined`: whatever the basis allows. */
  readonly scope: Scope | undefined;
  readonly kind: string;
  readonly actor: Actor;
  isClosed: boolean;
}

interface StartedSession {
  readonly actor: Actor;
  readonly expiresAt: number;
  isEnded: boolean;
}

type Report = (violation: string) => void;

/**
 * Walks the log from its first entry and judges every access by what the entries before it say, with
 * rules of its own: it shares no judgement with the gateway. Reports what is wrong; answers with the
 * accesses.
 */
export function replay(
  records: ReadonlyMap<number, AuditRecord>,
  isStopped: boolean,
  report: Report,
): Attempt[] {
  const erased = [...records.values()].filter(({ event }) => event === 'erased');
  const state = new Replay(
    report,
    erased.map(({ index }) => index),
  );
  for (const record of records.values()) state.read(record);
  if (isStopped) state.checkEnds();
  return state.attempts;
}

class Replay {
  readonly attempts: Attempt[] = [];
  readonly #report: Report;
  /** What these said nobody knows any more: no fault is found in what may have stood there. */
  readonly #erased: readonly number[];
  readonly #grants = new Map<string, IssuedGrant>();
  readonly #visits = new Map<string, OpenedVisit>();
  readonly #sessions = new Map<string, StartedSession>();
  readonly #ends = new Map<number, number>();
  readonly #attemptsByIndex = new Map<number, Attempt>();

  constructor(report: Report, erased: readonly number[]) {
    this.#report = report;
    this.#erased = erased;
  }

  read(record: AuditRecord): void {
    switch (record.event) {
      case 'session.started':
      case 'session.ended':
        return this.#readSession(record);
      case 'grant.issued':
      case 'grant.changed':
      case 'grant.revoked':
        return this.#readGrant(record);
      case 'visit.opened':
      case 'visit.closed':
        return this.#readVisit(record);
      case 'access.attempted':
        return this.#readAttempt(record);
      case 'access.finished':
      case 'access.interrupted':
        return this.#readEnd(record);
    }
  }

  checkEnds(): void {
    for (const { index } of this.attempts)
      if (!this.#ends.has(index) && !this.#erased.some((one) => one > index))
        this.#report(`attempt ${index} has no end`);
  }

  #readSession(record: AuditRecord): void {
    const { event, session } = record as AuditRecord & { session: string };
    if (event === 'session.ended') {
      const ended = this.#sessions.get(session);
      if (ended === undefined && this.#isErasedBefore(record)) return;
      if (ended === undefined || ended.isEnded)
        this.#report(`entry ${record.index} ends session ${session}, which is not there`);
      else ended.isEnded = true;
      return;
    }
    const { actor, expiresAt } = record as AuditRecord & { actor: Actor; expiresAt: number };
    this.#sessions.set(session, { actor, expiresAt, isEnded: false });
  }

  #readGrant(record: AuditRecord): void {
    const { basis, account } = record as AuditRecord & { basis: Basis; account: string };
    const known = this.#grants.get(basis.id);
    if (record.event === 'grant.issued') {
      if (known !== undefined) this.#report(`entry ${record.index} issues grant ${basis.id} again`);
      this.#grants.set(basis.id, { fact: factOf(record), account, isRevoked: false });
    } else if (known === undefined && this.#isErasedBefore(record)) return;
    else if (known === undefined || known.isRevoked || known.account !== account)
      this.#report(`entry ${record.index}: ${record.event} of a grant that is not there`);
    else if (record.event === 'grant.changed') known.fact = factOf(record);
    else known.isRevoked = true;
  }

  #readVisit(record: AuditRecord): void {
    const { visit, account } = record as AuditRecord & { visit: string; account: string };
    if (record.event === 'visit.closed') {
      const open = this.#visits.get(visit);
      if (open === undefined && this.#isErasedBefore(record)) return;
      if (open === undefined || open.isClosed || open.account !== account)
        this.#report(`entry ${record.index} closes visit ${visit}, which is not open`);
      else open.isClosed = true;
      return;
    }
    const { scope, basis, actor } = record as AuditRecord & {
      scope?: Scope;
      basis: Basis;
      actor: Actor;
    };
    this.#visits.set(visit, { account, scope, kind: basis.kind, actor, isClosed: false });
  }

  #readAttempt(record: AuditRecord): void {
    const attempt = { ...(record as unknown as Attempt), at: Date.parse(record.at) };
    this.attempts.push(attempt);
    this.#attemptsByIndex.set(attempt.index, attempt);
    const session = this.#sessions.get(attempt.actor.session ?? '');
    const visit = this.#visits.get(attempt.visit);
    const grant = this.#grants.get(attempt.basis.id);
    const isUndecided = this.#isErasedBefore(record);
    for (const wrong of [
      ...(isUndecided && session === undefined ? [] : sessionFaults(session, attempt)),
      ...(isUndecided && visit === undefined ? [] : visitFaults(visit, attempt)),
      ...(isUndecided && (grant === undefined || session === undefined)
        ? []
        : grantFaults(grant, session, attempt)),
    ])
      this.#report(`attempt ${attempt.index}: ${wrong}`);
  }

  #isErasedBefore({ index }: AuditRecord): boolean {
    return this.#erased.some((one) => one < index);
  }

  #readEnd(record: AuditRecord): void {
    const { attempt, account } = record as AuditRecord & { attempt: number; account: string };
    const ended = this.#attemptsByIndex.get(attempt);
    if (ended === undefined && this.#erased.includes(attempt)) return;
    if (ended === undefined || ended.account !== account)
      this.#report(`entry ${record.index} ends attempt ${attempt}, which is not before it`);
    const earlier = this.#ends.get(attempt);
    if (earlier !== undefined)
      this.#report(`attempt ${attempt} has two ends: ${earlier} and ${record.index}`);
    this.#ends.set(attempt, record.index);
  }
}

function factOf(record: AuditRecord): GrantFact {
  return (record as AuditRecord & { grant: GrantFact }).grant;
}

function isSame(a: Actor, b: Actor): boolean {
  return a.realm === b.realm && a.issuer === b.issuer && a.subject === b.subject;
}

type Faults = Generator<string, void>;

function* sessionFaults(session: StartedSession | undefined, attempt: Attempt): Faults {
  if (session === undefined) return yield 'its sign-in had not started';
  if (session.isEnded) yield 'its sign-in had ended';
  if (attempt.at >= session.expiresAt) yield 'its sign-in was over';
  if (!isSame(session.actor, attempt.actor)) yield 'its sign-in was of somebody else';
}

function* visitFaults(visit: OpenedVisit | undefined, attempt: Attempt): Faults {
  if (visit === undefined) return yield 'its visit had not been opened';
  if (visit.isClosed) yield 'its visit had been closed';
  if (visit.account !== attempt.account) yield 'its visit was to another account';
  if (visit.kind !== attempt.basis.kind) yield 'its visit stood on another kind of basis';
  if (visit.scope === 'read' && attempt.access === 'write') yield 'its visit was to look only';
  if (!isSame(visit.actor, attempt.actor) || visit.actor.session !== attempt.actor.session)
    yield 'its visit was of somebody else';
}

function* grantFaults(
  grant: IssuedGrant | undefined,
  session: StartedSession | undefined,
  attempt: Attempt,
): Faults {
  if (attempt.basis.kind !== 'grant' || grant === undefined)
    return yield 'its basis had not been issued';
  const { fact, account, isRevoked } = grant;
  if (account !== attempt.account) yield 'its basis was for another account';
  if (isRevoked) yield 'its basis had been revoked';
  if (attempt.at < fact.startsAt) yield 'its basis had not started';
  if (attempt.at >= fact.expiresAt) yield 'its basis had expired';
  if (fact.scope !== 'write' && attempt.access === 'write') yield 'its basis was to look only';
  if (!doesAdmit(fact, session, attempt.actor)) yield 'its basis did not admit its actor';
}

/** Roles are those the sign-in brought, not those the attempt says. */
function doesAdmit(fact: GrantFact, session: StartedSession | undefined, actor: Actor): boolean {
  if (actor.realm !== 'staff') return false;
  const { grantee } = fact;
  if (grantee.kind === 'role') return session?.actor.roles?.includes(grantee.role) ?? false;
  if (grantee.kind === 'email') return false;
  return grantee.person.issuer === actor.issuer && grantee.person.subject === actor.subject;
}
