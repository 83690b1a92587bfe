import type { Sha256 } from '../../tlog/hash.ts';
import { KINDS } from '../envelope.ts';
import { flawOfAccess } from './access.ts';
import { type Grant, readGrant, readSignIn, readVisit, type SignIn, type Visit } from './facts.ts';
import { flawOfChange, flawOfIssue, flawOfOwner } from './grant-birth.ts';
import { nameOfPolicy, PolicyRows } from './policy-rows.ts';
import type { ReadEntry } from './read-entry.ts';
import { Requests } from './requests.ts';
import type { Statement } from './statement.ts';
import type { Findings } from './verdict.ts';

/** Kinds whose entries can begin or end what an access rests on. */
const FACT_KINDS: ReadonlySet<number> = new Set([
  KINDS['domain change'],
  KINDS.session,
  KINDS['policy or configuration'],
]);

const NO_SIGN_IN = 'the sign-in that its grant was issued in is not here';
const NO_BEGINNING = 'the beginning of its grant is not here';

/**
 * Walks the log and judges every access by what the entries before it say, with rules of its own: it
 * shares no judgement with the gateway that let somebody in.
 */
export class Replay {
  readonly #sha256: Sha256;
  readonly #authorization: Findings;
  readonly #signIns = new Map<string, SignIn>();
  readonly #visits = new Map<string, Visit>();
  readonly #grants = new Map<string, Grant>();
  readonly #policies = new Map<string, PolicyRows>();
  readonly #requests = new Requests();
  /** Whether every fact up to here is at hand: none before the first entry, none erased by rule. */
  #isAllTold: boolean;
  #isSomeErased = false;
  #hiddenFacts = 0;
  #judged = 0;
  #erased = 0;
  #notAsked = 0;

  /** `isFromStart`: entries are given from the first one on. */
  constructor(sha256: Sha256, authorization: Findings, isFromStart: boolean) {
    this.#sha256 = sha256;
    this.#isAllTold = isFromStart;
    this.#authorization = authorization;
  }

  /** Accesses that were judged; that were erased by rule; and before the time that was asked about. */
  get counts(): { readonly judged: number; readonly erased: number; readonly notAsked: number } {
    return { judged: this.#judged, erased: this.#erased, notAsked: this.#notAsked };
  }

  /** `isErased`: its content was erased by rule; then what it stated is over for longer than any access that is still told. */
  add(entry: ReadEntry, isErased: boolean): void {
    const { kind, time } = entry.envelope;
    if (kind === KINDS['access.attempted']) return this.#judge(entry, isErased);
    if (!FACT_KINDS.has(kind)) return;
    if (entry.says !== undefined) this.#learn(entry.says, entry.index, time);
    else if (isErased) this.#noteErased();
    else this.#hiddenFacts += 1;
  }

  /** What an erased entry said, and what rested on it alone, is not decided. */
  #noteErased(): void {
    this.#isAllTold = false;
    this.#isSomeErased = true;
  }

  #learn(says: Statement, index: number, at: number): void {
    switch (says.text('event')) {
      case 'session.started':
        this.#signIns.set(says.text('session') ?? '', readSignIn(says, at));
        return;
      case 'session.ended':
        return end(this.#signIns.get(says.text('session') ?? ''), 'isEnded');
      case 'visit.opened':
        this.#visits.set(says.text('visit') ?? '', readVisit(says));
        return;
      case 'visit.closed':
        return end(this.#visits.get(says.text('visit') ?? ''), 'isClosed');
      case 'grant.issued':
        return this.#learnGrant(says, index, at);
      case 'grant.changed':
        return this.#changeGrant(says, index, at);
      case 'grant.revoked':
        return end(this.#grants.get(basisOf(says)), 'isRevoked');
      case 'access-request.submitted':
      case 'access-request.approved':
      case 'access-request.denied':
      case 'access-request.withdrawn':
        return this.#requests.learn(says, at);
      case 'policy.loaded':
        return this.#learnPolicy(says, index);
      default:
    }
  }

  #learnGrant(says: Statement, index: number, at: number): void {
    const id = basisOf(says);
    if (this.#grants.has(id))
      return this.#keepGrant(id, says, { index, flaw: 'it was issued a second time' });
    const answer = this.#requests.flawOfAnswer(says, this.#isAllTold);
    if (!this.#isAllTold && !this.#isSignInKnown(says))
      return this.#keepGrant(id, says, { index, flaw: answer, doubt: NO_SIGN_IN });
    const flaw = flawOfIssue(says, at, this.#signIns) ?? answer;
    this.#keepGrant(id, says, { index, flaw });
  }

  #isSignInKnown(says: Statement): boolean {
    const actor = says.within('actor');
    // Only an owner's may be one that is not here: nobody else issues anything.
    return actor.text('realm') !== 'owners' || this.#signIns.has(actor.text('session') ?? '');
  }

  #changeGrant(says: Statement, index: number, at: number): void {
    const id = basisOf(says);
    const before = this.#grants.get(id);
    if (before === undefined) return this.#learnUnbegun(says, { index, at, id });
    const change = before.isRevoked
      ? 'it was changed after it had been revoked'
      : flawOfChange(says, before, { at, signIns: this.#signIns });
    this.#keepGrant(id, says, {
      index,
      flaw: before.flaw ?? change,
      doubt: before.doubt,
      isRevoked: before.isRevoked,
    });
  }

  /** Its beginning is not here, or was erased before it: an owner who changes it says all of it anew. */
  #learnUnbegun(
    says: Statement,
    { index, at, id }: { index: number; at: number; id: string },
  ): void {
    if (!this.#isSomeErased) return this.#doubtGrant(index, id);
    if (says.within('actor').text('realm') === 'gateway')
      return this.#keepGrant(id, says, { index, flaw: undefined, doubt: NO_BEGINNING });
    if (!this.#isSignInKnown(says))
      return this.#keepGrant(id, says, { index, flaw: undefined, doubt: NO_SIGN_IN });
    const account = says.text('account');
    const flaw = flawOfOwner(says.within('actor'), { at, account, signIns: this.#signIns });
    this.#keepGrant(id, says, { index, flaw });
  }

  #keepGrant(
    id: string,
    says: Statement,
    known: {
      index: number;
      flaw: string | undefined;
      doubt?: string | undefined;
      isRevoked?: boolean;
    },
  ): void {
    if (known.flaw !== undefined) this.#blame(`entry ${known.index}, grant ${id}: ${known.flaw}`);
    const grant = readGrant(says, known);
    grant.isRevoked = known.isRevoked ?? false;
    this.#grants.set(id, grant);
  }

  #doubtGrant(index: number, id: string): void {
    this.#authorization.doubt(`entry ${index} changes grant ${id}, whose beginning is not here`);
  }

  #learnPolicy(says: Statement, index: number): void {
    const [model, rules] = [says.text('model'), says.text('rules')];
    const name = says.text('policy');
    if (model === undefined || rules === undefined || name === undefined)
      return this.#authorization.doubt(`entry ${index}: the policy is not told whole`);
    if (name !== nameOfPolicy(this.#sha256, { model, rules }))
      return this.#blame(`entry ${index}: the policy is not the one its name is the digest of`);
    this.#policies.set(name, new PolicyRows(rules));
  }

  #judge(entry: ReadEntry, isErased: boolean): void {
    const { index, says, envelope } = entry;
    if (says === undefined) return this.#pass(entry, isErased);
    this.#judged += 1;
    const signIn = this.#signIns.get(says.within('actor').text('session') ?? '');
    const grant = this.#grants.get(basisOf(says));
    const flaw = flawOfAccess(says, {
      at: envelope.time,
      signIn,
      visit: this.#visits.get(says.text('visit') ?? ''),
      grant,
      policy: this.#policies.get(says.text('policy') ?? ''),
    });
    if (flaw !== undefined) this.#blame(`access ${index}${toWhom(says)}: ${flaw}`);
    else if (grant?.doubt !== undefined)
      this.#authorization.doubt(`access ${index}${toWhom(says)}: ${grant.doubt}`);
    else if (this.#hiddenFacts > 0)
      this.#authorization.doubt(
        `access ${index}: ${this.#hiddenFacts} entries before it that could have ended its basis are not shown`,
      );
  }

  /** An access that says nothing. Those before the time that was asked about are another question. */
  #pass({ index, withheld }: ReadEntry, isErased: boolean): void {
    if (isErased) this.#erased += 1;
    else if (withheld === 'not-asked' && this.#judged === 0) this.#notAsked += 1;
    else this.#authorization.doubt(`access ${index}: what it says is not shown`);
  }

  /** Who was shown no facts either has asked for nothing less than everything. */
  finish(): void {
    if (this.#notAsked > 0 && this.#hiddenFacts > 0)
      this.#authorization.doubt(`what ${this.#notAsked} accesses say is not shown`);
  }

  /** With entries hidden, what is not known may stand in one of them. */
  #blame(line: string): void {
    if (this.#hiddenFacts > 0) this.#authorization.doubt(line);
    else this.#authorization.refute(line);
  }
}

function basisOf(says: Statement): string {
  return says.within('basis').text('id') ?? '';
}

function toWhom(says: Statement): string {
  const [account, subject] = [says.text('account'), says.within('actor').text('subject')];
  return ` to ${account} by ${subject}`;
}

function end<Flag extends string>(
  thing: { [flag in Flag]: boolean } | undefined,
  flag: Flag,
): void {
  if (thing !== undefined) thing[flag] = true as (typeof thing)[Flag];
}
