import type { Logger } from 'pino';
import { ConfigRefused } from '../config.ts';
import { PolicyRefused } from '../policy/policy.ts';

/**
 * Exit codes: 1 for what went wrong here and now, 2 for what the operator wrote, 78 (EX_CONFIG of
 * sysexits) for what the machine lacks.
 */
export const EXIT_FAULT = 1;
export const EXIT_MISTAKE = 2;
export const EXIT_MISSING = 78;

/** Ends the program with what was wrong in what the operator wrote; throws on anything else. */
export function exitWithMistakes(error: unknown): never {
  if (!(error instanceof ConfigRefused) && !(error instanceof PolicyRefused)) throw error;
  console.error(error.message);
  process.exit(EXIT_MISTAKE);
}

/** Ends the program because the gateway could not start: why in one line, its trace in the log. */
export function exitUnableToStart(error: unknown, logger: Logger): never {
  if (error instanceof ConfigRefused || error instanceof PolicyRefused) exitWithMistakes(error);
  logger.fatal({ err: error }, 'the gateway cannot start');
  console.error(
    `sallyport cannot start: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exit(EXIT_FAULT);
}
