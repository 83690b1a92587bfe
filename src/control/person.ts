import type { Person, Principal } from '../domain/principal.ts';

/** Who somebody is, and nothing else of him. */
export function personOf({ issuer, subject }: Person): Person {
  return { issuer, subject };
}

/** The same, with what he is called for show. */
export function namedPersonOf({
  issuer,
  subject,
  name,
  email,
}: Pick<Principal, 'issuer' | 'subject' | 'name' | 'email'>) {
  return { issuer, subject, name, email };
}
