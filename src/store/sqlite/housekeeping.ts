import type { VisitId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/time.ts';
import type { Statements } from '../statements.ts';
import type { Housekeeping, Redemption, StoredCheckpoint } from '../store.ts';
import type { Runner } from './database.ts';

/** Does one piece of work that needs no log entry. */
export function keepHouse(
  run: Runner,
  sql: Statements,
  work: Exclude<Housekeeping, { do: 'purge' }>,
): Redemption | undefined {
  switch (work.do) {
    case 'save-session-data':
      run.run(sql.saveSessionData, { secret: work.secret, data: work.data });
      return undefined;
    case 'stamp-session':
      run.run(sql.stampSession, { id: work.session, at: work.at });
      return undefined;
    case 'redeem-code':
      return redeemCode(run, sql, work);
    case 'index-records':
      indexRecords(run, sql, work);
      return undefined;
    case 'publish-key':
      run.run(sql.publishKey, {
        kid: work.key.kid,
        jwk: work.key.jwk,
        expires_at: work.key.expiresAt,
      });
      return undefined;
    case 'keep-checkpoint':
      keepCheckpoint(run, sql, work.checkpoint);
      return undefined;
    case 'keep-cosignature':
      run.run(sql.insertCosignature, { size: work.size, line: work.line });
      return undefined;
    case 'sweep':
      sweep(run, sql, work.at);
      return undefined;
  }
}

/** A code opens one navigation: marked as used and turned into the account's cookie in one step. */
function redeemCode(
  run: Runner,
  sql: Statements,
  work: Extract<Housekeeping, { do: 'redeem-code' }>,
): Redemption {
  const key = run.get(sql.visitKey, { hash: work.code });
  if (key === undefined) return { outcome: 'unknown' };
  const visit = key.visit as VisitId;
  if (key.used_at !== null) return { outcome: 'used', visit };
  if (work.at >= key.expires_at) return { outcome: 'unknown' };
  run.run(sql.markVisitKeyUsed, { hash: work.code, at: work.at });
  run.run(sql.putVisitKey, {
    hash: work.cookie,
    visit,
    use: 'cookie',
    expires_at: work.cookieExpiresAt,
    used_at: null,
  });
  return { outcome: 'redeemed', visit };
}

/** Several instances follow the log: rows that begin where the index ends count, others are known already. */
function indexRecords(
  run: Runner,
  sql: Statements,
  work: Extract<Housekeeping, { do: 'index-records' }>,
): void {
  if (run.get(sql.searchState)?.up_to !== work.from) return;
  for (const { index, actorEmail, basisKind, basisId, ...row } of work.rows) {
    // Nothing is left of it that could be searched for.
    if (row.event === 'erased') continue;
    run.run(sql.insertSearchRow, {
      ...row,
      idx: index,
      actor_email: actorEmail,
      basis_kind: basisKind,
      basis_id: basisId,
    });
  }
  run.run(sql.setSearchState, { up_to: work.from + work.rows.length });
}

function keepCheckpoint(
  run: Runner,
  sql: Statements,
  { size, note, publishedAt }: StoredCheckpoint,
): void {
  if ((run.get(sql.checkpointSize)?.size ?? 0) >= size) return;
  run.run(sql.insertCheckpoint, { size, note, published_at: publishedAt });
}

/** Removes rows that ran out before an instant. */
export function sweep(run: Runner, sql: Statements, before: Instant): void {
  for (const statement of [
    sql.sweepSessions,
    sql.sweepVisitKeys,
    sql.sweepUsedKeys,
    sql.sweepPublishedKeys,
  ])
    run.run(statement, { before });
}
