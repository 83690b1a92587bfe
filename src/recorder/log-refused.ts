/**
 * The stored log, its key or its guard is not what it was when it was last signed: nothing may be
 * written to it before somebody has seen to that. The message says what was found and what to do.
 */
export class LogRefused extends Error {
  override readonly name = 'LogRefused';
}
