import type { Outcome, VerdictName } from '../../../audit/verify.ts';

/** What a verdict is about, for people who never meet its name. */
export interface VerdictWords {
  readonly question: string;
  /** What a good answer says. */
  readonly says: string;
  /** What even a good answer does not say. */
  readonly saysNot: string;
}

export const VERDICT_WORDS: Readonly<Record<VerdictName, VerdictWords>> = {
  integrity: {
    question: 'Is everything as it was signed?',
    says: 'The log has signed exactly these entries, and every content that is shown is the one its entry was made for.',
    saysNot: 'It does not say that what was recorded is true, only that it was not changed since.',
  },
  consistency: {
    question: 'Does it go on from what you kept?',
    says: 'The log still begins with everything it had when the checkpoint was signed that you kept.',
    saysNot:
      'Without a checkpoint that you kept yourself nobody can see whether the past was replaced.',
  },
  authorization: {
    question: 'Did each access have a permission?',
    says: 'Each access in here stood on a permission that was valid at that point of the log and was given by somebody who could give it.',
    saysNot:
      'It does not say whether an access was sensible, and nothing of accesses that are not in here.',
  },
  completeness: {
    question: 'Is anything left out?',
    says: 'Each access has its end, and the numbers that the entries of an account carry have no gap.',
    saysNot: 'An access that never went through the gateway has no entry anywhere.',
  },
  retention: {
    question: 'Was anything erased too early?',
    says: 'Where a content is gone, its time was over and the log says that it was erased.',
    saysNot: 'It does not say that copies elsewhere are gone too.',
  },
  witnesses: {
    question: 'Have others seen the same log?',
    says: 'As many witnesses as were asked for have signed this very checkpoint.',
    saysNot: 'Without witnesses a log could show you another history than it shows to others.',
  },
};

/** An answer in one word or a few, and which of the six meanings it has. */
export const OUTCOME_WORDS: Readonly<
  Record<Outcome, { readonly word: string; readonly meaning: string }>
> = {
  verified: { word: 'Holds', meaning: 'live' },
  'not-asked': { word: 'Not asked', meaning: 'ended' },
  undecided: { word: 'Cannot be decided', meaning: 'waiting' },
  refuted: { word: 'Does not hold', meaning: 'refused' },
  misbehaviour: { word: 'The log has lied', meaning: 'emergency' },
};

/** What is not checked whatever the answers are. */
export const NOT_CHECKED: readonly string[] = [
  'Entries that are not in this bundle.',
  'Whether the key is the log’s: that rests on whoever gave it to you.',
  'Whether the clock of the gateway was right.',
  'What happened around the gateway instead of through it.',
];
