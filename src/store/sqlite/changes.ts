import type { Change } from '../../domain/change.ts';
import type { Instant } from '../../domain/time.ts';
import type { ErasureStatements } from '../erasure-statements.ts';
import type { RequestStatements } from '../request-statements.ts';
import { grantRow, holdRow, personRow, requestRow, sessionRow, visitRow } from '../rows.ts';
import type { Statements } from '../statements.ts';
import type { Runner } from './database.ts';

/** A change that cannot be made as things stand: its act fails, and nothing else. */
export class ChangeRefused extends Error {
  override readonly name = 'ChangeRefused';
}

/** Where the act's entries will stand, for changes that point at one of them. */
export interface ActPlace {
  readonly firstIndex: number;
  readonly at: Instant;
  readonly instance: string;
  accountOf(entry: number): string;
}

/** Everything but erasure, which is the eraser's. */
type PlainChange = Exclude<Change, { erase: 'contents' }>;
type ChangeStatements = Statements & ErasureStatements & RequestStatements;

/** Writes one change of state, inside the transaction that appends its entry. */
export function writeChange(
  run: Runner,
  sql: ChangeStatements,
  change: PlainChange,
  place: ActPlace,
): void {
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

function put(run: Runner, sql: ChangeStatements, change: Extract<Change, { put: string }>): void {
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
    case 'access-request':
      return void run.run(sql.putAccessRequest, { ...requestRow(change.request) });
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
    case 'hold':
      return putHold(run, sql, holdRow(change.hold));
  }
}

/** No upsert: a hold is placed once, and the schema refuses to be told twice. */
function putHold(run: Runner, sql: ErasureStatements, row: ReturnType<typeof holdRow>): void {
  const { id, body, lifted_at } = row;
  if (run.run(sql.setHoldLifted, { id, body, lifted_at }) === 0)
    run.run(sql.insertHold, { ...row });
  run.run(sql.countHoldAct);
}
