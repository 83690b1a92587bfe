import type { ReasonCode } from '../domain/access-request.ts';
import type { Scope } from '../domain/basis.ts';
import type { RefusalReason } from '../domain/decision.ts';
import type { VisitEnd } from '../domain/visit.ts';

/**
 * What the pages say to people who own an account, in one place so that it can be translated. They
 * never meet our own words: what we call a grant is a permission here.
 */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  read: 'look only',
  write: 'look and change',
};

/** Why somebody asks to be let in. */
export const REASON_WORDS: Readonly<Record<ReasonCode, string>> = {
  'customer-asked': 'the customer asked for help',
  incident: 'something is down',
  bug: 'something does not work as it should',
  billing: 'a bill or a payment',
  other: 'something else',
};

/** The first line of the page of an account. */
export function sayWhoIsIn(now: { inside: number; permissions: number }): string {
  if (now.inside === 1) return 'One person is in your account now.';
  if (now.inside > 1) return `${now.inside} people are in your account now.`;
  if (now.permissions > 0) return 'Nobody is in your account now.';
  return 'Nobody may enter your account now.';
}

/** The line below it. */
export function sayWhatIsAllowed(now: { inside: number; permissions: number }): string {
  const { inside, permissions } = now;
  if (permissions === 0) return 'No permission is live. You can allow somebody below.';
  const count = permissions === 1 ? 'One permission is' : `${permissions} permissions are`;
  return inside > 0
    ? `${count} live. You can end a visit or a permission at any moment.`
    : `${count} live: whoever it names may enter until you end it or its time is over.`;
}

export const OWNER = {
  pageTitle: 'Who can see my account',
  accountsTitle: 'Your accounts',
  accountsLead: 'Choose one to see who may enter it, and who did.',
  noAccounts: 'You own no account here.',
  noAccountsLead:
    'Your sign-in named none. Whoever runs your account can tell you why; then sign in again.',

  insideNow: 'In your account now',
  endNow: 'End now',
  endNowSays: (permissions: number) =>
    permissions === 1
      ? 'This ends the visit, and the permission that lets this person in.'
      : `This ends the visit, and all ${permissions} permissions that let this person in.`,
  endNowTeam: 'A permission for the support team ends for the whole team.',
  left: (length: string) => `${length} left`,
  since: 'since',
  ticket: (ticket: string) => `ticket ${ticket}`,

  asked: 'Asked to be let in',
  asks: 'asks',
  askedAt: 'Asked',
  askedUntil: 'It ends unanswered',
  allowAsked: 'Allow',
  allowLess: 'Allow less',
  no: 'No',
  whyNot: 'Why not (if you like)',

  permissions: 'Permissions',
  noPermissions: 'There are none, now or planned. Nobody can enter before you allow it.',
  live: 'live',
  planned: 'planned',
  ended: 'ended',
  until: 'until',
  from: 'from',
  end: 'End',
  endedPermissions: 'Permissions that have ended',
  youEnded: 'ended before its time',
  ranOut: 'its time was over',
  unbound: 'has not signed in here yet',

  allowTitle: 'Allow somebody in',
  allow: 'Allow',
  who: 'Who',
  team: 'The support team',
  onePerson: 'One person of the support team',
  email: 'E-mail of that person',
  emailHint: 'Only if you chose one person. It is the address they sign in with at work.',
  what: 'What they may do',
  howLong: 'How long',
  fromWhen: 'From when',
  now: 'Now',
  startsIn: (length: string) => `In ${length}`,
  reason: 'Why (if you like)',
  reasonHint: 'They read it, and it stands in the record.',
  mistakes: {
    email:
      'Write the full e-mail address of one person. If several people use this one, it cannot be used here.',
    duration: 'This is longer than a permission may last. Choose a shorter time.',
    startsAt: 'Choose an earlier start.',
  },

  done: {
    allowed: 'Allowed. The permission stands below.',
    denied: 'You said no. They read it where they asked.',
    ended: 'You ended this permission. Nobody enters on it any more.',
    closed: 'You ended this visit, and the permissions that let this person in.',
  },

  visits: 'Visits until now',
  noVisits: 'Nobody has been in your account.',
  visitColumns: ['When', 'Who', 'Why', 'Ended'],
  canDoNothing: 'no permission any more: can see and do nothing',
  signInEnded: 'their sign-in ended',

  record: 'What was done',
  recordLead:
    'The last 50 lines of the record, the newest first. Every access was written down before it happened. That you look is written down too.',
  noRecord: 'Nothing is on record yet.',
  recordColumns: ['When', 'Who', 'What'],
  you: 'You',
  gateway: 'The gateway',
} as const;

/** Why a visit ended, as its owner reads it. */
export const VISIT_END_WORDS: Readonly<Record<VisitEnd, string>> = {
  visitor: 'they were done',
  owner: 'you ended it',
  admin: 'an administrator ended it',
  'signed-out': 'they signed out',
  'code-reused': 'stopped: its entry code was used twice',
};

/** The same as a line of the record, after who did it. */
export const VISIT_CLOSED_WORDS: Readonly<Record<VisitEnd, string>> = {
  visitor: 'left',
  owner: 'ended the visit',
  admin: 'ended the visit, as an administrator',
  'signed-out': 'signed out, and left',
  'code-reused': 'was put out: the entry code was used twice',
};

/** Why somebody was not let through, after "was refused:". */
export const REFUSAL_WORDS: Readonly<Record<RefusalReason, string>> = {
  'sign-in-required': 'not signed in',
  'not-permitted': 'their role does not allow it',
  'no-basis': 'no permission let them in',
  'read-only': 'they were let in to look only',
  blocked: 'this is never allowed from a visit',
  'cross-site': 'the request came from another site',
  'agreement-required': 'they had not accepted the confidentiality agreement',
  'second-person-required': 'somebody else has to do this',
  'unknown-account': 'there is no such account',
  'not-found': 'there is nothing there',
  'method-not-allowed': 'this cannot be asked for like this',
  'ambiguous-request': 'the request could be read in more than one way',
};

/** What the record says, as sentences that begin with who did it. */
export const RECORD = {
  looked: (thing: string) => `looked at ${thing}`,
  changed: (thing: string) => `changed ${thing}`,
  refused: (thing: string | undefined, why: string) =>
    thing === undefined ? `was refused: ${why}` : `was refused at ${thing}: ${why}`,
  failed: (status: number) => `the application answered ${status}`,
  cut: 'cut off before it was complete',
  interrupted: 'not completed: the gateway stopped, or was too late to let it through',
  visitOpened: (purpose: string) => `came in: “${purpose}”`,
  asked: (why: string) => `asked to be let in: “${why}”`,
  approved: 'said yes to what was asked',
  denied: 'said no to what was asked',
  withdrawn: 'took a question back',
  issued: (grantee: string, scope: string) => `allowed ${grantee} in: ${scope}`,
  bound: 'tied a permission to the person whose e-mail it named, at their first sign-in',
  regranted: 'changed how long a permission lasts, or what it allows',
  revoked: 'ended a permission',
  registered: 'made this account known here',
  read: (times: number) =>
    times === 1 ? 'looked at this record' : `looked at this record, ${times} times`,
  erased: 'erased on time: its content is no longer kept',
} as const;
