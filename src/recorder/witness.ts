import type { Instant } from '../domain/time.ts';
import { addSignatures, type Signer, signText } from '../tlog/note.ts';
import { formatSignature } from '../tlog/note-form.ts';
import type { VerifierKey } from '../tlog/note-key.ts';
import type { SignerKey } from '../tlog/signer-key.ts';
import { openSigner, verifyEd25519 } from './crypto.ts';
import type { WitnessState } from './witness-state.ts';
import {
  type Cosigned,
  isFork,
  judgeSubmission,
  readSubmission,
  type Submission,
  SubmissionRefused,
} from './witness-submission.ts';

/** The answer to one request, whoever carries it. */
export interface WitnessAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What whoever runs a witness has to hear of. */
export type WitnessReport =
  /** The log has signed two roots of one size. `file` holds both notes. */
  { readonly is: 'forked'; readonly origin: string; readonly size: number; readonly file: string };

export interface WitnessOptions {
  readonly key: SignerKey;
  /** Whom to cosign for: each key's name is the origin of its log. */
  readonly logKeys: readonly VerifierKey[];
  readonly state: WitnessState;
  readonly now: () => Instant;
  readonly report: (report: WitnessReport) => void;
}

const TEXT = 'text/plain; charset=utf-8';
const SIZE = 'text/x.tlog.size';

/**
 * A witness (C2SP tlog-witness): it cosigns a checkpoint only if it goes on from the last one it has
 * cosigned of that log, and remembers that on disk before it answers.
 */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #signer: Signer;
  /** One request of a log after the other: between look and write nothing comes. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#signer = openSigner(options.key);
  }

  /** Answers the body of an `add-checkpoint` request. It throws only if the state cannot be written; then nothing is cosigned. */
  async answer(body: Uint8Array): Promise<WitnessAnswer> {
    try {
      const submission = readSubmission(this.#options.logKeys, body);
      const lines = await this.#inTurn(submission, () => this.#cosign(submission));
      return { status: 200, type: TEXT, body: lines };
    } catch (error) {
      if (error instanceof SubmissionRefused) return refusalOf(error);
      throw error;
    }
  }

  #inTurn<Result>({ checkpoint }: Submission, work: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(checkpoint.origin) ?? Promise.resolve();
    const turn = before.then(work);
    this.#turns.set(
      checkpoint.origin,
      turn.catch(() => {}),
    );
    return turn;
  }

  async #cosign(submission: Submission): Promise<string> {
    const { state, now } = this.#options;
    const { checkpoint, text, note } = submission;
    const last = state.last(checkpoint.origin);
    if (last !== undefined && isFork(last, submission)) await this.#keepEvidence(last, submission);
    judgeSubmission(last, submission);
    const line = signText(text, this.#signer, Math.floor(now() / 1000));
    const cosigned = addSignatures(verifyEd25519, [this.#signer.key], note, [line]);
    await state.replace(checkpoint.origin, { ...checkpoint, note: cosigned });
    return formatSignature(line);
  }

  async #keepEvidence(last: Cosigned, { checkpoint, note }: Submission): Promise<void> {
    const { origin, size } = checkpoint;
    const notes = [last.note, note] as const;
    const file = await this.#options.state.keepEvidence({ origin, size, notes });
    if (file !== undefined) this.#options.report({ is: 'forked', origin, size, file });
  }
}

function refusalOf({ status, size, message }: SubmissionRefused): WitnessAnswer {
  if (size !== undefined) return { status, type: SIZE, body: `${size}\n` };
  return { status, type: TEXT, body: `${message}\n` };
}
