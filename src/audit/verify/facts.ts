import type { Statement } from './statement.ts';

/** Somebody, by what never changes: issuer and subject. */
export type PersonKey = string;

/** A sign-in as the log tells it; instants in milliseconds since the epoch. */
export interface SignIn {
  readonly realm: string | undefined;
  readonly person: PersonKey;
  readonly roles: ReadonlySet<string>;
  readonly accounts: ReadonlySet<string>;
  readonly verifiedEmail: string | undefined;
  readonly startedAt: number;
  readonly expiresAt: number;
  isEnded: boolean;
}

export interface Visit {
  readonly account: string | undefined;
  readonly person: PersonKey;
  readonly session: string | undefined;
  readonly kind: string | undefined;
  /** `undefined`: whatever its basis allows. */
  readonly scope: string | undefined;
  readonly expiresAt: number;
  isClosed: boolean;
}

export interface Grantee {
  readonly kind: string | undefined;
  readonly role: string | undefined;
  readonly person: PersonKey;
  readonly email: string | undefined;
}

export interface Grant {
  readonly account: string | undefined;
  readonly grantee: Grantee;
  readonly scope: string | undefined;
  readonly startsAt: number;
  readonly expiresAt: number;
  readonly version: number | undefined;
  readonly issuedBy: PersonKey;
  /** Why it should never have been: then nothing can rest on it. */
  readonly flaw: string | undefined;
  /** What is not here that would show that it was born rightly: then what rests on it is undecided. */
  readonly doubt: string | undefined;
  isRevoked: boolean;
}

export function personKey(person: Statement): PersonKey {
  return JSON.stringify([person.text('issuer') ?? null, person.text('subject') ?? null]);
}

export function readSignIn(says: Statement, startedAt: number): SignIn {
  const actor = says.within('actor');
  return {
    realm: actor.text('realm'),
    person: personKey(actor),
    roles: new Set(actor.texts('roles')),
    accounts: new Set(says.texts('accounts')),
    verifiedEmail: says.text('verifiedEmail'),
    startedAt,
    expiresAt: says.number('expiresAt') ?? 0,
    isEnded: false,
  };
}

export function readVisit(says: Statement): Visit {
  const actor = says.within('actor');
  return {
    account: says.text('account'),
    person: personKey(actor),
    session: actor.text('session'),
    kind: says.within('basis').text('kind'),
    scope: says.text('scope'),
    expiresAt: says.number('expiresAt') ?? 0,
    isClosed: false,
  };
}

export function readGrant(
  says: Statement,
  { flaw, doubt }: { flaw?: string | undefined; doubt?: string | undefined } = {},
): Grant {
  const fact = says.within('grant');
  return {
    account: says.text('account'),
    grantee: readGrantee(fact.within('grantee')),
    scope: fact.text('scope'),
    startsAt: fact.number('startsAt') ?? Infinity,
    expiresAt: fact.number('expiresAt') ?? 0,
    version: fact.number('version'),
    issuedBy: personKey(fact.within('issuedBy')),
    flaw,
    doubt,
    isRevoked: false,
  };
}

function readGrantee(grantee: Statement): Grantee {
  return {
    kind: grantee.text('kind'),
    role: grantee.text('role'),
    person: personKey(grantee.within('person')),
    email: grantee.text('email'),
  };
}

/** Somebody without a subject is nobody. */
export function isSomebody(person: PersonKey): boolean {
  return !person.includes('null');
}
