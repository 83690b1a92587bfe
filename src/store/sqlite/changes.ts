import type { Change } from '../../domain/change.ts';
import type { Instant } from '../../domain/time.ts';
import { grantRow, personRow, sessionRow, visitRow } from '../rows.ts';
import type { Statements } from '../statements.ts';
import type { Runner } from './database.ts';

/** Where the act's entries will stand, for changes that point at one of them. */
export interface ActPlace {
  readonly firstIndex: number;
  readonly at: Instant;
  readonly instance: string;
  accountOf(entry: number): string;
}

/** Writes one change of state, inside the transaction that appends its entry. */
export function writeChange(run: Runner, sql: Statements, change: Change, place: ActPlace): void {
  if ('put' in change) return put(run, sql, change);
  if ('end' in change) return void run.run(sql.endSession, { id: change.session, at: place.at });
  if ('open' in change)
    return void run.run(sql.openAttempt, {
      idx: place.firstIndex + change.entry,
      instance: place.instance,
      account: place.accountOf(change.entry),
    });
  run.run(sql.closeAttempt, { idx: change.attempt });
}

function put(run: Runner, sql: Statements, change: Extract<Change, { put: string }>): void {
  switch (change.put) {
    case 'account': {
      const { id, name, registeredAt } = change.account;
      return void run.run(sql.putAccount, { id, name: name ?? null, registered_at: registeredAt });
    }
    case 'person':
      return void run.run(sql.putPerson, { ...personRow(change.person) });
    case 'session':
      return void run.run(sql.putSession, {
        ...sessionRow(change.session),
        secret: change.secret,
        id_token: change.idToken ?? null,
      });
    case 'grant':
      return void run.run(sql.putGrant, { ...grantRow(change.grant) });
    case 'visit':
      return void run.run(sql.putVisit, { ...visitRow(change.visit) });
    case 'visit-key': {
      const { hash, visit, use, expiresAt } = change.key;
      return void run.run(sql.putVisitKey, {
        hash,
        visit,
        use,
        expires_at: expiresAt,
        used_at: null,
      });
    }
    case 'agreement': {
      const { person, version } = change;
      return void run.run(sql.putAgreement, {
        issuer: person.issuer,
        subject: person.subject,
        version,
      });
    }
    case 'used-key': {
      const { key, bodyDigest, made, expiresAt } = change.key;
      return void run.run(sql.putUsedKey, {
        key,
        body_digest: bodyDigest,
        made,
        expires_at: expiresAt,
      });
    }
  }
}
