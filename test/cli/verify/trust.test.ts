import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VerifiableLog } from '../../../src/audit/verifiable-log.ts';
import { readAccountKey, withTagKeys } from '../../../src/cli/verify/tag-keys.ts';
import { readTrust } from '../../../src/cli/verify/trust.ts';
import { UsageMistake } from '../../../src/cli/verify/usage-mistake.ts';
import { formatVerifierKey } from '../../../src/tlog/note-key.ts';
import { sha256 } from '../../support/sha256.ts';
import { keyFor } from '../../tlog/ed25519.ts';

const log = keyFor('log.example/1');
const LOG = formatVerifierKey(log.verifier);
const OTHER = formatVerifierKey(keyFor('log.example/2').verifier);
const WITNESS = formatVerifierKey(keyFor('witness.example', 'cosignature').verifier);
const POLICY = `log ${LOG}\nwitness w ${WITNESS}\nquorum w\n`;

describe('whom to believe', () => {
  it('is the keys that were given, and their name is the origin', () => {
    const trust = readTrust(sha256, { keys: [` ${LOG}\n`] });
    assert.deepEqual(trust, {
      origin: 'log.example/1',
      logKeys: [log.verifier],
      quorum: undefined,
    });
  });

  it('is the logs of the policy if no key was given', () => {
    const trust = readTrust(sha256, { keys: [], witnesses: POLICY });
    assert.deepEqual(trust.logKeys, [log.verifier]);
    assert.equal(trust.quorum?.threshold, 1);
  });

  it('is the keys alone if there are any, and the policy’s witnesses', () => {
    const trust = readTrust(sha256, { keys: [OTHER], witnesses: POLICY });
    assert.equal(trust.origin, 'log.example/2');
    assert.equal(trust.quorum?.threshold, 1);
  });

  for (const [what, wish, why] of [
    ['nobody', { keys: [] }, /a key of the log is needed/],
    ['two logs', { keys: [LOG, OTHER] }, /several logs/],
    ['a witness in place of a log', { keys: [WITNESS] }, /witness’s/],
    ['a key with another’s id', { keys: [LOG.replace(/\+[0-9a-f]{8}\+/, '+00000000+')] }, /^key: /],
    ['a policy that is none', { keys: [LOG], witnesses: 'trust me' }, /^policy: line 1/],
    ['a policy of witnesses alone', { keys: [], witnesses: 'quorum none\n' }, /a key of the log/],
  ] as const)
    it(`is not ${what}`, () => {
      assert.throws(
        () => readTrust(sha256, wish),
        (error) => error instanceof UsageMistake && why.test(error.message),
      );
    });
});

describe('the key of an account', () => {
  const hex = '0A'.repeat(32);

  it('is read with its name', () => {
    const key = new Uint8Array(32).fill(10);
    assert.deepEqual(readAccountKey(`acme=${hex}`), { whose: 'account', name: 'acme', key });
  });

  for (const text of [
    '',
    'acme',
    `=${hex}`,
    `acme=${hex}0`,
    `acme=${hex.slice(2)}`,
    `acme=${hex.slice(2)}zz`,
  ])
    it(`is not ${JSON.stringify(text.slice(0, 12))}… of ${text.length} characters`, () => {
      assert.throws(() => readAccountKey(text), UsageMistake);
    });

  it('takes the place of the one in the log, and of no other', () => {
    const tag = (name: string, whose: 'account' | 'actor' = 'account') => ({
      whose,
      name,
      key: new Uint8Array(32),
    });
    const given = readAccountKey(`acme=${hex}`);
    const own = [tag('acme'), tag('acme', 'actor'), tag('globex')];
    const { tagKeys } = withTagKeys({ tagKeys: own } as unknown as VerifiableLog, [given]);
    assert.deepEqual(tagKeys, [...own.slice(1), given]);
  });
});
