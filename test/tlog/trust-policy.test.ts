import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatVerifierKey } from '../../src/tlog/note-key.ts';
import { isReached } from '../../src/tlog/quorum.ts';
import { parseTrustPolicy } from '../../src/tlog/trust-policy.ts';
import { sha256 } from '../support/sha256.ts';
import { isRefused } from './bits.ts';
import { keyFor } from './ed25519.ts';

const vkey = (name: string, type: 'note' | 'cosignature' = 'cosignature'): string =>
  formatVerifierKey(keyFor(name, type).verifier);
const LOG = `log ${vkey('example.com/log', 'note')}`;
const W1 = `witness one ${vkey('one.example')}`;
const W2 = `witness two ${vkey('two.example')}`;
const W3 = `witness three ${vkey('three.example')}`;
const read = (...lines: readonly string[]) => parseTrustPolicy(sha256, `${lines.join('\n')}\n`);

describe('a trust policy', () => {
  it('tells logs, witnesses, their addresses and who has to have cosigned', () => {
    const { logs, witnesses, quorum } = read(
      '# whom we believe',
      '',
      `${LOG} https://log.example/`,
      `\t${W1}   https://one.example/\t`,
      W2,
      W3,
      'group pair any one two',
      '  # three is another company’s',
      'group all-of-them all pair three',
      'quorum all-of-them',
    );
    assert.deepEqual(
      logs.map(({ key, url }) => [key.name, url]),
      [['example.com/log', 'https://log.example/']],
    );
    assert.deepEqual(
      witnesses.map(({ key, url }) => [key.name, url]),
      [
        ['one.example', 'https://one.example/'],
        ['two.example', undefined],
        ['three.example', undefined],
      ],
    );
    const [one, two, three] = witnesses.map(({ key }) => key);
    assert.ok(one && two && three);
    assert.equal(isReached(quorum, new Set([one, three])), true);
    assert.equal(isReached(quorum, new Set([two, three])), true);
    assert.equal(isReached(quorum, new Set([one, two])), false);
    assert.equal(isReached(quorum, new Set()), false);
  });

  it('takes a number, a single witness or nobody', () => {
    assert.equal(read(W1, W2, W3, 'group g 2 one two three', 'quorum g').quorum.threshold, 2);
    assert.equal(read(W1, 'quorum one').quorum.threshold, 1);
    assert.equal(read('quorum none').quorum.threshold, 0);
    assert.equal(read(LOG, W1, 'quorum none').quorum.threshold, 0);
  });

  for (const [what, ...lines] of [
    ['nothing in it', ''],
    ['no quorum', LOG, W1],
    ['two quorums', 'quorum none', 'quorum none'],
    ['a quorum without a name', 'quorum'],
    ['a quorum of two names', W1, W2, 'quorum one two'],
    ['a quorum that is not defined', 'quorum one'],
    ['a quorum defined below it', 'quorum one', W1],
    ['an unknown word', 'believe everyone', 'quorum none'],
    ['a word in capitals', 'QUORUM none'],
    ['a log without a key', 'log', 'quorum none'],
    ['a log with too many words', `${LOG} a b`, 'quorum none'],
    ['a log twice', LOG, LOG, 'quorum none'],
    ['a witness without a key', 'witness one', 'quorum none'],
    ['a witness with too many words', `${W1} a b`, 'quorum none'],
    ['a witness with a log’s key', `witness w ${vkey('w', 'note')}`, 'quorum none'],
    ['a witness under two names', W1, W1.replace('one', 'uno'), 'quorum none'],
    ['a name twice', W1, W2.replace('two', 'one'), 'quorum none'],
    ['a witness named none', W1.replace('one', 'none'), 'quorum none'],
    ['a group named none', W1, 'group none any one', 'quorum none'],
    ['a group named like a witness', W1, W2, 'group one any two', 'quorum none'],
    ['a group of nobody', 'group g any', 'quorum none'],
    ['a group of none', 'group g any none', 'quorum none'],
    ['a group of itself', 'group g any g', 'quorum none'],
    ['a group of what is defined below it', 'group g any one', W1, 'quorum none'],
    ['a group with a member twice', W1, 'group g any one one', 'quorum g'],
    ['a witness in two groups', W1, 'group g any one', 'group h any one', 'quorum h'],
    ['a threshold of 0', W1, 'group g 0 one', 'quorum g'],
    ['a threshold too high', W1, 'group g 2 one', 'quorum g'],
    ['a threshold with a leading zero', W1, 'group g 01 one', 'quorum g'],
    ['a threshold that is a word', W1, 'group g most one', 'quorum g'],
    ['carriage returns', 'quorum none\r'],
    ['a zero byte', '# \0', 'quorum none'],
  ] as const)
    it(`is refused with ${what}`, () => isRefused(() => read(...lines), 'policy-malformed'));

  it('is refused with a key that is none', () => {
    isRefused(() => read('log example.com', 'quorum none'), 'key-malformed');
    isRefused(() => read(`${W1}x`, 'quorum none'), 'key-malformed');
  });

  it('says which line is wrong', () => {
    assert.throws(() => read('', '# remark', 'quorum'), /line 3 /);
    assert.throws(() => read('', 'log example.com', 'quorum none'), /line 2 has no key/);
  });
});
