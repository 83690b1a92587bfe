import type { AccountId, SessionId } from './ids.ts';
import type { Principal, Realm } from './principal.ts';
import type { Role } from './rights.ts';

/** Who did it, as the log keeps it. `gateway` is Sallyport itself, `stranger` somebody who has not signed in. */
export interface Actor {
  readonly realm: Realm | 'gateway' | 'stranger';
  readonly issuer?: string;
  readonly subject: string;
  readonly name?: string;
  readonly email?: string;
  readonly roles?: readonly Role[];
  readonly session?: SessionId;
}

export const GATEWAY: Actor = { realm: 'gateway', subject: 'gateway' };

export function actorOf(principal: Principal, session: SessionId): Actor {
  return {
    realm: principal.realm,
    issuer: principal.issuer,
    subject: principal.subject,
    ...(principal.name === undefined ? {} : { name: principal.name }),
    ...(principal.email === undefined ? {} : { email: principal.email }),
    roles: principal.roles,
    session,
  };
}

/** Where it came from. */
export interface Network {
  readonly ip: string;
  readonly userAgent?: string;
}

/** What every event says. */
export interface Happening {
  readonly actor: Actor;
  readonly network?: Network | undefined;
}

/** What every event within one account says. */
export interface InAccount extends Happening {
  readonly account: AccountId;
}
