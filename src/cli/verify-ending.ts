import { BundleRefused } from '../audit/bundle-refused.ts';
import { EXIT_FAULT, EXIT_MISTAKE, EXIT_NO_INPUT, EXIT_USAGE } from './exit.ts';
import { visible } from './verify/report-text.ts';
import { SourceRefused, SourceUnreadable } from './verify/source-refused.ts';
import { UsageMistake } from './verify/usage-mistake.ts';

/** Why something could not be verified, in one line, and what the program ends with. */
export interface Ending {
  readonly code: number;
  readonly why: string;
}

/**
 * 2 for what was read and is not what it has to be, 64 for what makes no sense to ask, 66 for what cannot be
 * read, 1 for a fault of ours: nothing was decided then. Never a trace: what was read may be hostile.
 */
export function endingOf(error: unknown): Ending {
  const why = visible(error instanceof Error ? error.message : String(error));
  if (error instanceof UsageMistake) return { code: EXIT_USAGE, why };
  if (error instanceof SourceUnreadable || isUnreadableBlob(error))
    return { code: EXIT_NO_INPUT, why };
  if (error instanceof BundleRefused || error instanceof SourceRefused)
    return { code: EXIT_MISTAKE, why: `not verified: ${why}` };
  return { code: EXIT_FAULT, why: `cannot decide: ${why}` };
}

function isUnreadableBlob(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotReadableError';
}
