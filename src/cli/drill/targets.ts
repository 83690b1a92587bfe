import { ForgedLog } from './forged-log.ts';
import { NotApplicable } from './not-applicable.ts';

type Says = Readonly<Record<string, unknown>>;

/** Places in a log that are worth a manipulation: an access with everything that it rests on. */
export class Targets {
  readonly #told: readonly { readonly index: number; readonly says: Says }[];

  constructor(log: ForgedLog) {
    this.#told = log.entries.map((entry, index) => ({ index, says: ForgedLog.read(entry) }));
  }

  get size(): number {
    return this.#told.length;
  }

  /** The first access whose end, grant, visit and sign-ins are told. */
  get access(): number {
    return this.#find('an access', ({ event }) => event === 'access.attempted').index;
  }

  get end(): number {
    const { access } = this;
    return this.#find('its end', ({ attempt }) => attempt === access).index;
  }

  get grant(): number {
    const { basis } = this.#at(this.access);
    const { id } = basis as { id: string };
    return this.#find(
      'its grant',
      (says) => says['event'] === 'grant.issued' && (says['basis'] as { id: string }).id === id,
    ).index;
  }

  get visit(): number {
    const { visit } = this.#at(this.access);
    return this.#find(
      'its visit',
      (says) => says['event'] === 'visit.opened' && says['visit'] === visit,
    ).index;
  }

  /** The sign-in of whoever went in. */
  get signIn(): number {
    const { session } = this.#at(this.access)['actor'] as { session: string };
    return this.#find(
      'his sign-in',
      (says) => says['event'] === 'session.started' && says['session'] === session,
    ).index;
  }

  get policy(): number {
    return this.#find('a policy', ({ event }) => event === 'policy.loaded').index;
  }

  /** An account other than that of the access. */
  get otherAccount(): string {
    const { account } = this.#at(this.access);
    const other = this.#find(
      'another account',
      (says) => typeof says['account'] === 'string' && says['account'] !== account,
    );
    return String(other.says['account']);
  }

  /** The actor of the access, as its entry says it. */
  get visitor(): Says {
    return this.#at(this.access)['actor'] as Says;
  }

  #at(index: number): Says {
    return this.#told[index]?.says ?? {};
  }

  #find(what: string, isIt: (says: Says) => boolean) {
    const found = this.#told.find(({ says }) => isIt(says));
    if (found === undefined) throw new NotApplicable(`the log tells of no such thing: ${what}`);
    return found;
  }
}
