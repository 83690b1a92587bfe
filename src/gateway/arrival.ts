import type { IncomingMessage } from 'node:http';
import type { Network } from '../domain/event.ts';
import type { AccountId } from '../domain/ids.ts';
import type { Session } from '../domain/principal.ts';
import type { Visit } from '../domain/visit.ts';

/** A request for an account, before anything is known of it. */
export interface Arrival {
  readonly message: IncomingMessage;
  readonly account: AccountId;
  /** The account's own origin. */
  readonly origin: string;
  readonly network: Network;
}

/** Whose request it is. */
export interface Visitor {
  readonly visit: Visit;
  readonly session: Session;
}
