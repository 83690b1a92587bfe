import type { Sha256 } from '../../tlog/hash.ts';
import { parseVerifierKey, type VerifierKey } from '../../tlog/note-key.ts';
import { parseTrustPolicy, type TrustPolicy } from '../../tlog/trust-policy.ts';
import { TlogRefused } from '../../tlog/tlog-refused.ts';
import type { LogTrust } from '../../tlog/verify-checkpoint.ts';
import { UsageMistake } from './usage-mistake.ts';

/** Whom to believe, as somebody says on the command line or on the page. */
export interface TrustWish {
  /** Verifier keys of the log, `origin+id+key`. */
  readonly keys: readonly string[];
  /** A C2SP tlog-policy that names witnesses, and logs where no key is given. */
  readonly witnesses?: string | undefined;
}

/** Reads keys and policy. Throws a UsageMistake that says what is wrong with them. */
export function readTrust(sha256: Sha256, wish: TrustWish): LogTrust {
  const policy = readPolicy(sha256, wish.witnesses);
  const given = wish.keys.map((line) => readKey(sha256, line));
  const logKeys = given.length > 0 ? given : (policy?.logs.map(({ key }) => key) ?? []);
  const [first, ...others] = logKeys;
  if (first === undefined)
    throw new UsageMistake(
      'a key of the log is needed (--key, --key-file): a log that vouches for itself proves nothing',
    );
  if (others.some(({ name }) => name !== first.name))
    throw new UsageMistake('the keys are of several logs: their names differ');
  if (logKeys.some(({ type }) => type !== 'note'))
    throw new UsageMistake('a key is a witness’s, not a log’s');
  return { origin: first.name, logKeys, quorum: policy?.quorum };
}

function readKey(sha256: Sha256, line: string): VerifierKey {
  return explain('key', () => parseVerifierKey(sha256, line.trim()));
}

function readPolicy(sha256: Sha256, text: string | undefined): TrustPolicy | undefined {
  return text === undefined ? undefined : explain('policy', () => parseTrustPolicy(sha256, text));
}

function explain<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TlogRefused) throw new UsageMistake(`${what}: ${error.message}`);
    throw error;
  }
}
