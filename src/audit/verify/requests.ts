import { type PersonKey, personKey, readGrant } from './facts.ts';
import type { Statement } from './statement.ts';

/** A request as the log tells it; instants in milliseconds since the epoch. */
interface Asked {
  readonly account: string | undefined;
  readonly requester: PersonKey;
  readonly scope: string | undefined;
  readonly durationMs: number;
  readonly expiresAt: number;
  state: 'pending' | 'approved' | 'denied' | 'withdrawn' | 'over' | 'self-approved';
  /** The grant its approval named. */
  grant: string | undefined;
}

/** What employees asked for and how it was answered: a grant that says it answers one has to. */
export class Requests {
  readonly #asked = new Map<string, Asked>();

  learn(says: Statement, at: number): void {
    const id = says.text('accessRequest') ?? '';
    const asked = this.#asked.get(id);
    switch (says.text('event')) {
      case 'access-request.submitted':
        // Told twice, it stays what it was told first.
        if (asked === undefined) this.#asked.set(id, readAsked(says));
        return;
      case 'access-request.approved':
        return approve(asked, says, at);
      case 'access-request.denied':
        return end(asked, 'denied');
      case 'access-request.withdrawn':
        return end(asked, 'withdrawn');
      default:
    }
  }

  /**
   * Why a grant that was issued is no right answer to the request it names; `undefined` if it is, or
   * names none. `isAllTold`: nothing that could tell of the request is missing.
   */
  flawOfAnswer(says: Statement, isAllTold: boolean): string | undefined {
    const id = says.text('accessRequest');
    if (id === undefined) return undefined;
    const asked = this.#asked.get(id);
    if (asked === undefined)
      return isAllTold ? 'it answers a request that nobody had made' : undefined;
    return flawOfState(asked, says) ?? flawOfExtent(asked, says);
  }
}

function readAsked(says: Statement): Asked {
  return {
    account: says.text('account'),
    requester: personKey(says.within('actor')),
    scope: says.text('scope'),
    durationMs: says.number('durationMs') ?? 0,
    expiresAt: says.number('expiresAt') ?? 0,
    state: 'pending',
    grant: undefined,
  };
}

function approve(asked: Asked | undefined, says: Statement, at: number): void {
  if (asked?.state !== 'pending') return;
  asked.grant = says.within('basis').text('id');
  if (at >= asked.expiresAt) asked.state = 'over';
  else if (personKey(says.within('actor')) === asked.requester) asked.state = 'self-approved';
  else asked.state = 'approved';
}

function end(asked: Asked | undefined, state: 'denied' | 'withdrawn'): void {
  if (asked?.state === 'pending') asked.state = state;
}

const WHY_NOT: Readonly<Record<Exclude<Asked['state'], 'approved'>, string>> = {
  pending: 'it answers a request that had not been approved',
  denied: 'it answers a request that had been denied',
  withdrawn: 'it answers a request that had been withdrawn',
  over: 'it answers a request whose time was over',
  'self-approved': 'it answers a request that was approved by the one who had made it',
};

function flawOfState(asked: Asked, says: Statement): string | undefined {
  if (asked.account === undefined || asked.account !== says.text('account'))
    return 'it answers a request to another account';
  const { grantee } = readGrant(says, undefined);
  if (grantee.kind !== 'person' || grantee.person !== asked.requester)
    return 'it answers a request of somebody else';
  if (asked.state !== 'approved') return WHY_NOT[asked.state];
  return asked.grant === says.within('basis').text('id')
    ? undefined
    : 'it answers a request that had been answered with another grant';
}

function flawOfExtent(asked: Asked, says: Statement): string | undefined {
  const { scope, startsAt, expiresAt } = readGrant(says, undefined);
  if (scope === 'write' && asked.scope !== 'write') return 'it is wider than was asked for';
  return expiresAt - startsAt > asked.durationMs ? 'it is longer than was asked for' : undefined;
}
