import type { VisitKeyUse } from '../domain/change.ts';
import type { Grant } from '../domain/grant.ts';
import type { AccountId, SecretHash, SessionId } from '../domain/ids.ts';
import type { Session } from '../domain/principal.ts';
import type { Instant } from '../domain/time.ts';
import type { Visit } from '../domain/visit.ts';
import type { Reader } from '../store/store.ts';

/**
 * Where the judge finds its facts. They may be a moment old: the transaction that records an attempt
 * checks them again, so a stale fact can cost a second decision but never admit anyone.
 */
export class Facts {
  readonly #reader: () => Reader;

  constructor(reader: () => Reader) {
    this.#reader = reader;
  }

  visitByKey(
    hash: SecretHash,
    uses: readonly VisitKeyUse[],
    at: Instant,
  ): Promise<Visit | undefined> {
    return this.#reader().visitByKey(hash, uses, at);
  }

  session(id: SessionId): Promise<Session | undefined> {
    return this.#reader().session(id);
  }

  /** The grants of an account that end after `since`, or would have if nobody had revoked them. */
  grants(account: AccountId, since: Instant): Promise<readonly Grant[]> {
    return this.#reader().grantsSince(account, since);
  }
}
