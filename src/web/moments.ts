import { formatInstant, type Instant, type Milliseconds } from '../domain/time.ts';
import { type Html, html } from '../http/html.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NO_BREAK = '\u00a0';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * An instant as people say it, with the exact one behind. The reader's own time zone is not known
 * here, so it is always said in UTC.
 */
export function moment(
  at: Instant,
  now: Instant,
  precision: 'minutes' | 'seconds' = 'minutes',
): Html {
  const said = sayInstant(at, now, precision).replaceAll(' ', NO_BREAK);
  return html`<time datetime="${formatInstant(at)}">${said}</time>`;
}

/** A length of time, rounded up to a minute: nobody is told less than what was allowed. */
export function sayLength(length: Milliseconds): string {
  const minutes = Math.max(1, Math.ceil(length / MINUTE));
  const [days, hours, rest] = [
    Math.floor(minutes / 1440),
    Math.floor((minutes % 1440) / 60),
    minutes % 60,
  ];
  const parts = [
    days > 0 && (days === 1 ? '1 day' : `${days} days`),
    hours > 0 && `${hours} h`,
    rest > 0 && days === 0 && `${rest} min`,
  ];
  return parts.filter((part) => part !== false).join(' ');
}

/** The same in whole words, for choices. `length` is a whole number of minutes, hours or days. */
export function spellLength(length: Milliseconds): string {
  const [unit, word]: readonly [Milliseconds, string] =
    length % DAY === 0 ? [DAY, 'day'] : length % HOUR === 0 ? [HOUR, 'hour'] : [MINUTE, 'minute'];
  const count = Math.ceil(length / unit);
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function sayInstant(at: Instant, now: Instant, precision: 'minutes' | 'seconds'): string {
  const date = new Date(at);
  const clock = formatInstant(at).slice(11, precision === 'seconds' ? 19 : 16);
  const day = Math.floor(at / DAY) - Math.floor(now / DAY);
  if (day === 0) return `today ${clock} UTC`;
  if (day === -1) return `yesterday ${clock} UTC`;
  if (day === 1) return `tomorrow ${clock} UTC`;
  const month = MONTHS[date.getUTCMonth()] ?? '';
  const isThisYear = date.getUTCFullYear() === new Date(now).getUTCFullYear();
  const year = isThisYear ? '' : ` ${date.getUTCFullYear()}`;
  return `${date.getUTCDate()} ${month}${year}, ${clock} UTC`;
}
