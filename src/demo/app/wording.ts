import { type Markup, markup } from './markup.ts';

/** An amount of money, as people write it. */
export function sayMoney(cents: number, currency: string): string {
  return new Intl.NumberFormat('en-GB', { style: 'currency', currency }).format(cents / 100);
}

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const INSTANT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** A day, with the exact instant for machines. */
export function sayDay(date: Date): Markup {
  return markup`<time datetime="${date.toISOString()}">${DAY.format(date)}</time>`;
}

/** A day and time, with the exact instant for machines. */
export function sayInstant(date: Date): Markup {
  return markup`<time datetime="${date.toISOString()}">${INSTANT.format(date)}</time>`;
}

/** A count with its noun: "1 user", "6 users". */
export function sayCount(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A state, as a shape and a word. */
export function sayState(state: string): Markup {
  return markup`<span class="state ${state}">${state}</span>`;
}
