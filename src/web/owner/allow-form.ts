import type { GrantLimits } from '../../domain/grant.ts';
import { parseDuration } from '../../domain/duration.ts';
import type { FieldError } from '../../domain/problem.ts';
import { formatInstant, type Instant } from '../../domain/time.ts';
import { type Html, html } from '../../http/html.ts';
import {
  type Choice,
  type Filled,
  otherMistakes,
  radioField,
  selectField,
  textField,
} from '../fields.ts';
import type { Form } from '../form.ts';
import { lengthChoices, SAFE_LENGTH } from '../lengths.ts';
import { spellLength } from '../moments.ts';
import { OWNER, SCOPE_WORDS } from '../words.ts';

const STARTS = ['1h', '4h', '12h', '1d', '3d', '7d'];
const SHOWN_POINTERS = ['/grantee', '/duration', '/startsAt', '/reason', '/scope'];

/** The form of a new permission, with the safe choices made: the team, looking only, an hour. */
export function renderAllowForm(action: string, limits: GrantLimits, filled: Filled): Html {
  return html`<form method="post" action="${action}" id="allow">
${otherMistakes(filled, SHOWN_POINTERS)}
${radioField(filled, {
  name: 'who',
  label: OWNER.who,
  chosen: 'team',
  choices: [
    { value: 'team', label: OWNER.team },
    { value: 'person', label: OWNER.onePerson },
  ],
})}
${textField(filled, { name: 'email', label: OWNER.email, hint: OWNER.emailHint, type: 'email', maxLength: 254, pointers: ['/grantee'] })}
${radioField(filled, {
  name: 'scope',
  label: OWNER.what,
  chosen: 'read',
  choices: (['read', 'write'] as const).map((scope) => ({
    value: scope,
    label: SCOPE_WORDS[scope],
  })),
})}
${selectField(filled, { name: 'duration', label: OWNER.howLong, chosen: SAFE_LENGTH, choices: lengthChoices(limits.maxDurationMs) })}
${selectField(filled, { name: 'startsIn', label: OWNER.fromWhen, chosen: '', choices: startChoices(limits), pointers: ['/startsAt'] })}
${textField(filled, { name: 'reason', label: OWNER.reason, hint: OWNER.reasonHint, maxLength: 500 })}
<p class="actions"><button>${OWNER.allow}</button></p>
</form>`;
}

/** What the form asks for, in the words of the grant it may become; or what is wrong with it. */
export function readAllowForm(
  form: Form,
  now: Instant,
): { readonly wish: Form } | { readonly mistakes: readonly FieldError[] } {
  const { who, email = '', scope = '', duration = '', startsIn = '', reason = '' } = form;
  const isPerson = who === 'person';
  if (isPerson && !/^\S+@\S+$/.test(email.trim()))
    return { mistakes: [{ pointer: '/grantee', detail: OWNER.mistakes.email }] };
  const waitMs = parseDuration(startsIn);
  return {
    wish: {
      grantee: isPerson ? `staff:${email.trim()}` : 'role:support',
      scope,
      duration,
      ...(waitMs === undefined ? {} : { startsAt: formatInstant(now + waitMs) }),
      ...(reason.trim() === '' ? {} : { reason }),
    },
  };
}

/** The rules' own mistakes, in words for somebody who only filled in this form. */
export function sayMistakes(mistakes: readonly FieldError[]): readonly FieldError[] {
  const words: Readonly<Record<string, string>> = {
    '/grantee': OWNER.mistakes.email,
    '/duration': OWNER.mistakes.duration,
    '/startsAt': OWNER.mistakes.startsAt,
  };
  return mistakes.map(({ pointer, detail }) => ({ pointer, detail: words[pointer] ?? detail }));
}

function startChoices({ maxDurationMs }: GrantLimits): Choice[] {
  const fitting = STARTS.filter((length) => (parseDuration(length) ?? 0) <= maxDurationMs);
  return [
    { value: '', label: OWNER.now },
    ...fitting.map((value) => ({
      value,
      label: OWNER.startsIn(spellLength(parseDuration(value) ?? 0)),
    })),
  ];
}
