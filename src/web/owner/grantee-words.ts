import type { Grantee } from '../../domain/grant.ts';
import { OWNER } from '../words.ts';

/** Whom a permission lets in, as its owner reads it. */
export function sayGrantee(grantee: Grantee): string {
  switch (grantee.kind) {
    case 'role':
      return grantee.role === 'support' ? OWNER.team : `The ${grantee.role} team`;
    case 'person':
      return grantee.email ?? grantee.person.subject;
    case 'email':
      return `${grantee.email} (${OWNER.unbound})`;
  }
}

/** Somebody by the name he is known by. */
export function sayPerson(person: {
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly subject: string;
}): string {
  return person.name ?? person.email ?? person.subject;
}
