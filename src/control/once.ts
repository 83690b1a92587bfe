import type { Change } from '../domain/change.ts';
import type { Condition } from '../domain/condition.ts';
import { Problem } from '../domain/problem.ts';
import type { Milliseconds } from '../domain/time.ts';
import type { Control } from './control.ts';

/** An `Idempotency-Key` of one principal on one route, with the digest of the body it came with. */
export interface Once {
  readonly key: string;
  readonly bodyDigest: string;
}

const KEPT_FOR_MS: Milliseconds = 24 * 3_600_000;

/** The id of what the same request made before. Throws `invalid-request` if the body was another one. */
export async function repeatedAnswer(
  control: Control,
  once: Once | undefined,
): Promise<string | undefined> {
  if (once === undefined) return undefined;
  const used = await control.recorder.reader.usedKey(once.key, control.recorder.now());
  if (used === undefined) return undefined;
  if (used.bodyDigest !== once.bodyDigest)
    throw new Problem('invalid-request', 'This Idempotency-Key came with another body before.');
  return used.made;
}

/** What is committed with an act so that its repetition finds it. */
export function onceFor(
  control: Control,
  once: Once | undefined,
  made: string,
): { changes: Change[]; conditions: Condition[] } {
  if (once === undefined) return { changes: [], conditions: [] };
  const expiresAt = control.recorder.now() + KEPT_FOR_MS;
  return {
    changes: [{ put: 'used-key', key: { ...once, made, expiresAt } }],
    conditions: [{ that: 'key-unused', key: once.key }],
  };
}
