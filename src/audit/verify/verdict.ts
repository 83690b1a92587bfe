/** What is judged, each on its own. */
export type VerdictName =
  | 'integrity'
  | 'consistency'
  | 'authorization'
  | 'completeness'
  | 'retention'
  | 'witnesses';

/**
 * `undecided`: nothing speaks against it, but what would decide it is not there. `refuted`: it is not so.
 * `misbehaviour`: what is there proves to anybody that the log was signed two ways.
 */
export type Outcome = 'verified' | 'not-asked' | 'undecided' | 'refuted' | 'misbehaviour';

export interface Verdict {
  readonly name: VerdictName;
  readonly outcome: Outcome;
  /** One line: what was checked, with numbers. */
  readonly detail: string;
  /** The first of what was found, a line each. */
  readonly findings: readonly string[];
  /** How many there were. */
  readonly found: number;
}

/** What was found, as it is handed from one thread to another. */
export interface Found {
  readonly lines: readonly string[];
  readonly refuting: number;
  readonly undecided: number;
  readonly isMisbehaviour: boolean;
}

/** So many findings are kept word for word; the others are counted. */
const KEPT = 20;

/** Collects what speaks against a verdict, and what keeps it from being given. */
export class Findings {
  readonly #name: VerdictName;
  readonly #lines: string[] = [];
  #refuting = 0;
  #undecided = 0;
  #isMisbehaviour = false;

  constructor(name: VerdictName) {
    this.#name = name;
  }

  /** It is not so. */
  refute(line: string): void {
    if (this.#refuting === 0 && this.#undecided > 0) this.#lines.length = 0;
    this.#refuting += 1;
    if (this.#lines.length < KEPT) this.#lines.push(line);
  }

  /** It cannot be said. Not kept beside what is worse. */
  doubt(line: string): void {
    this.#undecided += 1;
    if (this.#refuting === 0 && this.#lines.length < KEPT) this.#lines.push(line);
  }

  /** It is not so, and the log's own signatures prove it. */
  accuse(line: string): void {
    this.#isMisbehaviour = true;
    this.refute(line);
  }

  found(): Found {
    return {
      lines: this.#lines,
      refuting: this.#refuting,
      undecided: this.#undecided,
      isMisbehaviour: this.#isMisbehaviour,
    };
  }

  /** Takes over what another has found about the same. */
  add({ lines, refuting, undecided, isMisbehaviour }: Found): void {
    if (refuting > 0 && this.#refuting === 0) this.#lines.length = 0;
    if (refuting > 0 || this.#refuting === 0)
      this.#lines.push(...lines.slice(0, KEPT - this.#lines.length));
    this.#refuting += refuting;
    this.#undecided += undecided;
    this.#isMisbehaviour ||= isMisbehaviour;
  }

  /** The verdict; `detail` says what was looked at. */
  verdict(detail: string): Verdict {
    return {
      name: this.#name,
      outcome: this.#outcome(),
      detail,
      findings: this.#lines,
      found: this.#refuting > 0 ? this.#refuting : this.#undecided,
    };
  }

  #outcome(): Outcome {
    if (this.#isMisbehaviour) return 'misbehaviour';
    if (this.#refuting > 0) return 'refuted';
    return this.#undecided > 0 ? 'undecided' : 'verified';
  }
}

const SEVERITY: Readonly<Record<Outcome, 0 | 1 | 2 | 3>> = {
  verified: 0,
  'not-asked': 0,
  undecided: 1,
  refuted: 2,
  misbehaviour: 3,
};

/** 0 verified, 1 cannot decide, 2 not verified, 3 evidence of misbehaviour: the worst of all verdicts. */
export function exitCodeOf(verdicts: readonly Verdict[]): 0 | 1 | 2 | 3 {
  return verdicts
    .map(({ outcome }) => SEVERITY[outcome])
    .reduce((worst, one) => (one > worst ? one : worst), 0);
}
