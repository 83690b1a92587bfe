import type { Person } from './provider/person.ts';

/** The made-up employees of the demonstration. */
export const STAFF: readonly Person[] = [
  employee(
    'sam',
    'Sam Rivers',
    ['support'],
    'Support. Enters an account when its owner allows it.',
  ),
  employee(
    'mona',
    'Mona Field',
    ['support'],
    'Support, too: what one is allowed, the other may not be.',
  ),
  employee(
    'carol',
    'Carol Stone',
    ['trust-and-safety'],
    'Compliance. Sees that accounts exist, nothing in them.',
  ),
  employee('aaron', 'Aaron Wells', ['audit'], 'Auditor. Reads the whole log, enters nothing.'),
  employee('ada', 'Ada Brook', ['platform'], 'Admin. Ends permissions and sign-ins, grants none.'),
];

/** The made-up customers, each with the accounts that are theirs. */
export const OWNERS: readonly Person[] = [
  owner('olga', 'Olga Marsh', ['acme'], 'Owns the account acme.'),
  owner('gus', 'Gus Hollow', ['globex'], 'Owns the account globex.'),
  owner('ines', 'Ines Vale', ['globex', 'initech'], 'Owns initech, and globex together with Gus.'),
];

export const ACCOUNTS = ['acme', 'globex', 'initech'] as const;

function employee(subject: string, name: string, groups: readonly string[], says: string): Person {
  const email = `${subject}@example.com`;
  return { subject, name, email, emailVerified: true, claims: { groups }, says };
}

function owner(subject: string, name: string, accounts: readonly string[], says: string): Person {
  const email = `${subject}@customer.example`;
  return { subject, name, email, emailVerified: true, claims: { owned_accounts: accounts }, says };
}
