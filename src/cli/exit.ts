import { ConfigRefused } from '../config.ts';
import { PolicyRefused } from '../policy/policy-refused.ts';

/** Exit codes: 2 for what the operator wrote, 78 (EX_CONFIG of sysexits) for what the machine lacks. */
export const EXIT_MISTAKE = 2;
export const EXIT_MISSING = 78;

/** Ends the program with what was wrong in what the operator wrote; throws on anything else. */
export function exitWithMistakes(error: unknown): never {
  if (!(error instanceof ConfigRefused) && !(error instanceof PolicyRefused)) throw error;
  console.error(error.message);
  process.exit(EXIT_MISTAKE);
}
