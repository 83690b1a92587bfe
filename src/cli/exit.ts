import type { Logger } from 'pino';
import { ConfigRefused } from '../config.ts';
import { PolicyRefused } from '../policy/policy.ts';
import { LogRefused } from '../recorder/log-refused.ts';
import { WitnessRefused } from '../recorder/witness-refused.ts';

/**
 * Exit codes: 1 for what went wrong here and now, 2 for what the operator wrote or put in place (a
 * configuration, a policy, a database that is not the log's), 78 (EX_CONFIG of sysexits) for what the
 * machine lacks. `verify` and `log diff` have codes of their own beside them: 64 (EX_USAGE) and 66 (EX_NOINPUT).
 */
export const EXIT_FAULT = 1;
export const EXIT_MISTAKE = 2;
export const EXIT_MISSING = 78;
export const EXIT_USAGE = 64;
export const EXIT_NO_INPUT = 66;

/** Ends the program with what was wrong in what the operator wrote or put in place; throws on anything else. */
export function exitWithMistakes(error: unknown): never {
  if (!isMistake(error)) throw error;
  console.error(error.message);
  process.exit(EXIT_MISTAKE);
}

/** Ends the program because it could not start: why in one line, its trace in the log. */
export function exitUnableToStart(error: unknown, logger: Logger): never {
  if (isMistake(error)) exitWithMistakes(error);
  logger.fatal({ err: error }, 'sallyport cannot start');
  console.error(
    `sallyport cannot start: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exit(EXIT_FAULT);
}

const MISTAKES = [ConfigRefused, PolicyRefused, LogRefused, WitnessRefused];

function isMistake(error: unknown): error is Error {
  return MISTAKES.some((mistake) => error instanceof mistake);
}
