import type { FieldError } from '../domain/problem.ts';
import { type Html, html } from '../http/html.ts';
import type { Form } from './form.ts';

/** A form as it is shown: what is in it, and what was wrong with it. */
export interface Filled {
  readonly values: Form;
  readonly mistakes: readonly FieldError[];
}

interface FieldWords {
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  /** Where control says a mistake stands, if it calls the field something else. */
  readonly pointers?: readonly string[];
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** One line of text. */
export function textField(
  filled: Filled,
  field: FieldWords & {
    readonly maxLength?: number;
    readonly isRequired?: boolean;
    readonly type?: 'text' | 'email';
  },
): Html {
  const { name, maxLength, isRequired, type = 'text' } = field;
  return frameField(
    filled,
    field,
    (
      attributes,
    ) => html`<input type="${type}" id="${name}" name="${name}" value="${filled.values[name]}"
${maxLength !== undefined && html` maxlength="${maxLength}"`}${isRequired === true && html` required`}${attributes}>`,
  );
}

/** One of several, in a list that opens. */
export function selectField(
  filled: Filled,
  field: FieldWords & { readonly choices: readonly Choice[]; readonly chosen: string },
): Html {
  const { name, choices } = field;
  const chosen = filled.values[name] ?? field.chosen;
  const options = choices.map(
    ({ value, label }) =>
      html`<option value="${value}"${value === chosen && html` selected`}>${label}</option>`,
  );
  return frameField(
    filled,
    field,
    (attributes) => html`<select id="${name}" name="${name}"${attributes}>${options}</select>`,
  );
}

/** One of a few, all in sight. */
export function radioField(
  filled: Filled,
  field: FieldWords & { readonly choices: readonly Choice[]; readonly chosen: string },
): Html {
  const { name, label, choices } = field;
  const chosen = filled.values[name] ?? field.chosen;
  const buttons = choices.map(
    (choice) => html`<label><input type="radio" name="${name}" value="${choice.value}"
${choice.value === chosen && html` checked`}> ${choice.label}</label>`,
  );
  const mistake = mistakeOf(filled, field);
  return html`<fieldset class="field"><legend>${label}</legend>${buttons}
${field.hint !== undefined && html`<p class="hint">${field.hint}</p>`}
${mistake !== undefined && html`<p class="mistake">${mistake}</p>`}</fieldset>`;
}

/** A form whose mistakes stand elsewhere than at one of `shown` says them on top. */
export function otherMistakes({ mistakes }: Filled, shown: readonly string[]): Html | undefined {
  const others = mistakes.filter(({ pointer }) => !shown.includes(pointer));
  if (others.length === 0) return undefined;
  return html`<div class="notice refused" role="alert">${others.map(({ detail }) => html`<p>${detail}</p>`)}</div>`;
}

function frameField(
  filled: Filled,
  field: FieldWords,
  control: (attributes: Html | undefined) => Html,
): Html {
  const { name, label, hint } = field;
  const mistake = mistakeOf(filled, field);
  const described = [hint && `${name}-hint`, mistake && `${name}-mistake`]
    .filter(Boolean)
    .join(' ');
  const attributes = html`${described !== '' && html` aria-describedby="${described}"`}
${mistake !== undefined && html` aria-invalid="true"`}`;
  return html`<div class="field"><label for="${name}">${label}</label>
${control(attributes)}
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${mistake !== undefined && html`<p class="mistake" id="${name}-mistake">${mistake}</p>`}</div>`;
}

function mistakeOf({ mistakes }: Filled, { name, pointers }: FieldWords): string | undefined {
  const here = pointers ?? [`/${name}`];
  return mistakes.find(({ pointer }) => here.includes(pointer))?.detail;
}
