/**
 * Who may do what on which basis, as closed lists. A right is one cell: role, resource, action,
 * basis. The policy files choose among the cells of `CEILING`; nothing can add to it but this page.
 *
 * To add a resource: one line in `RIGHTS`, its lines in `CEILING`, its rows in policy.csv.
 */

/** Who somebody is to us. The order decides which role a permit is credited to. */
export const ROLES = [
  'support',
  'compliance',
  'responder',
  'auditor',
  'admin',
  'owner',
  'service',
] as const;

export type Role = (typeof ROLES)[number];

/** Every resource with the actions it knows. `content` is what is inside an account. */
export const RIGHTS = {
  content: ['read', 'write'],
  account: ['see'],
  grant: ['issue', 'see', 'change', 'revoke'],
  'access-request': ['submit', 'see', 'approve', 'deny', 'withdraw'],
  visit: ['open', 'see', 'close'],
  record: ['see'],
  session: ['see', 'end'],
  agreement: ['accept'],
  hold: ['place', 'see', 'lift'],
} as const;

export type Resource = keyof typeof RIGHTS;
export type ActionOn<R extends Resource> = (typeof RIGHTS)[R][number];
export type Action = ActionOn<Resource>;

/** A resource with an action it knows; `grant` with `read` does not compile. */
export type Right = {
  [R in Resource]: { readonly resource: R; readonly action: ActionOn<R> };
}[Resource];

/**
 * What a right stands on, the policy's column `basis`. `grant`, `review`: a live basis of access ·
 * `ownership`: it is their account · `self`: it is their own thing · `none`: the role alone.
 */
export const FOOTINGS = ['grant', 'review', 'ownership', 'self', 'none'] as const;

export type Footing = (typeof FOOTINGS)[number];

/** One cell of the policy's table. */
export type Cell = Right & { readonly role: Role; readonly basis: Footing };

/** A cell as somebody wrote it; its words need not exist. */
export interface NamedCell {
  readonly role: string;
  readonly resource: string;
  readonly action: string;
  readonly basis: string;
}

// `Object.keys` forgets the key type; RIGHTS is a literal, so its keys are exactly the resources.
export const RESOURCES = Object.keys(RIGHTS) as readonly Resource[];

export function isRole(word: string): word is Role {
  return (ROLES as readonly string[]).includes(word);
}

export function isResource(word: string): word is Resource {
  return Object.hasOwn(RIGHTS, word);
}

function isFooting(word: string): word is Footing {
  return (FOOTINGS as readonly string[]).includes(word);
}

/** The actions a resource knows; none for a resource that does not exist. */
export function actionsOn(resource: string): readonly Action[] {
  return isResource(resource) ? RIGHTS[resource] : [];
}

/** Narrows words from outside (the command line) to a right. */
export function isRight(words: { resource: string; action: string }): words is Right {
  return (actionsOn(words.resource) as readonly string[]).includes(words.action);
}

/** Narrows words from outside to a cell of the table. */
export function isCell(words: NamedCell): words is Cell {
  return isRole(words.role) && isFooting(words.basis) && isRight(words);
}

/** The roles that may enter accounts. */
const ENTERING = ['support', 'compliance', 'responder'] as const satisfies readonly Role[];
/** The roles whose bearers are employees. */
const STAFF = [...ENTERING, 'auditor', 'admin'] as const satisfies readonly Role[];
/** The roles whose bearers are people, and so sign in. */
const PEOPLE = [...STAFF, 'owner'] as const satisfies readonly Role[];

/** Some cells at once: every role of the line on every basis of the line. */
export type CeilingLine = Right & {
  readonly roles: readonly Role[];
  readonly bases: readonly Footing[];
};

/**
 * The most that any policy may permit. Whatever lies outside is what the promises forbid: staff
 * issuing grants, content on anything but a grant or a review, an owner, auditor, admin or service
 * inside an account. Policy only takes away from this.
 */
export const CEILING: readonly CeilingLine[] = [
  { resource: 'content', action: 'read', roles: ENTERING, bases: ['grant', 'review'] },
  { resource: 'content', action: 'write', roles: ENTERING, bases: ['grant', 'review'] },

  { resource: 'account', action: 'see', roles: STAFF, bases: ['none'] },
  { resource: 'account', action: 'see', roles: ['owner'], bases: ['ownership'] },

  { resource: 'grant', action: 'issue', roles: ['owner'], bases: ['ownership'] },
  { resource: 'grant', action: 'see', roles: ['owner'], bases: ['ownership'] },
  { resource: 'grant', action: 'see', roles: ENTERING, bases: ['self'] },
  { resource: 'grant', action: 'see', roles: ['auditor', 'admin'], bases: ['none'] },
  { resource: 'grant', action: 'change', roles: ['owner'], bases: ['ownership'] },
  { resource: 'grant', action: 'revoke', roles: ['owner'], bases: ['ownership'] },
  { resource: 'grant', action: 'revoke', roles: ENTERING, bases: ['self'] },
  { resource: 'grant', action: 'revoke', roles: ['admin'], bases: ['none'] },

  { resource: 'access-request', action: 'submit', roles: ['support'], bases: ['none'] },
  { resource: 'access-request', action: 'see', roles: ['support'], bases: ['self'] },
  { resource: 'access-request', action: 'see', roles: ['owner'], bases: ['ownership'] },
  { resource: 'access-request', action: 'see', roles: ['auditor'], bases: ['none'] },
  { resource: 'access-request', action: 'approve', roles: ['owner'], bases: ['ownership'] },
  { resource: 'access-request', action: 'deny', roles: ['owner'], bases: ['ownership'] },
  { resource: 'access-request', action: 'withdraw', roles: ['support'], bases: ['self'] },

  { resource: 'visit', action: 'open', roles: ENTERING, bases: ['grant', 'review'] },
  { resource: 'visit', action: 'see', roles: ENTERING, bases: ['self'] },
  { resource: 'visit', action: 'see', roles: ['auditor', 'admin'], bases: ['none'] },
  { resource: 'visit', action: 'see', roles: ['owner'], bases: ['ownership'] },
  { resource: 'visit', action: 'close', roles: ENTERING, bases: ['self'] },
  { resource: 'visit', action: 'close', roles: ['owner'], bases: ['ownership'] },
  { resource: 'visit', action: 'close', roles: ['admin'], bases: ['none'] },

  { resource: 'record', action: 'see', roles: ['auditor'], bases: ['none'] },
  { resource: 'record', action: 'see', roles: ['owner'], bases: ['ownership'] },

  { resource: 'session', action: 'see', roles: PEOPLE, bases: ['self'] },
  { resource: 'session', action: 'see', roles: ['admin'], bases: ['none'] },
  { resource: 'session', action: 'end', roles: PEOPLE, bases: ['self'] },
  { resource: 'session', action: 'end', roles: ['admin'], bases: ['none'] },

  { resource: 'agreement', action: 'accept', roles: STAFF, bases: ['self'] },

  { resource: 'hold', action: 'place', roles: ['admin'], bases: ['none'] },
  { resource: 'hold', action: 'see', roles: ['auditor', 'admin'], bases: ['none'] },
  { resource: 'hold', action: 'lift', roles: ['admin'], bases: ['none'] },
];

function nameCell(cell: NamedCell): string {
  return [cell.role, cell.resource, cell.action, cell.basis].join(' ');
}

const CEILING_CELLS: ReadonlySet<string> = new Set(
  CEILING.flatMap(({ resource, action, roles, bases }) =>
    roles.flatMap((role) => bases.map((basis) => nameCell({ role, resource, action, basis }))),
  ),
);

/** Whether any policy may ever permit this cell; false for words that do not exist. */
export function isWithinCeiling(cell: NamedCell): boolean {
  // A made-up word with a space in it could otherwise spell a cell of the ceiling.
  return isCell(cell) && CEILING_CELLS.has(nameCell(cell));
}
