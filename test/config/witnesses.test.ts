import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { describeConfig } from '../../src/config.ts';
import { readWitnessPolicy } from '../../src/config-witnesses.ts';
import { formatVerifierKey } from '../../src/tlog/note-key.ts';
import { keyFor } from '../tlog/ed25519.ts';
import { changed, ConfigFolder } from './config-folder.ts';

const folder = new ConfigFolder();
const W1 = formatVerifierKey(keyFor('w.example/1', 'cosignature').verifier);
const W2 = formatVerifierKey(keyFor('w.example/2', 'cosignature').verifier);
const LOG = formatVerifierKey(keyFor('log.example').verifier);
const AT = 'https://w.example/1';

function withPolicy(...lines: readonly string[]) {
  folder.write('witnesses.policy', `${lines.join('\n')}\n`, 0o644);
  return changed('log.witnesses', 'witnesses.policy');
}

describe('log.witnesses', () => {
  it('names a policy file: whom to ask where, and how many of them are enough', () => {
    const { log } = folder.read(
      withPolicy(
        `log ${LOG} https://elsewhere.example/`,
        `witness one ${W1} https://w.example/1/`,
        `witness two ${W2} http://w.localhost:8090`,
        'group both all one two',
        'quorum both',
      ),
    );
    assert.equal(log.witnesses?.file, join(folder.path, 'witnesses.policy'));
    const { witnesses, quorum } = readWitnessPolicy(log.witnesses);
    assert.deepEqual(
      witnesses.map(({ key, url }) => [key.name, url]),
      [
        ['w.example/1', 'https://w.example/1'],
        ['w.example/2', 'http://w.localhost:8090'],
      ],
    );
    assert.equal(quorum.threshold, 2);
  });

  it('has a part in the digest of the configuration', () => {
    const digest = (...lines: readonly string[]) =>
      describeConfig(folder.read(withPolicy(...lines))).digest;
    const one = digest(`witness one ${W1} ${AT}`, 'quorum one');
    assert.equal(digest(`witness one ${W1} ${AT}`, 'quorum one'), one);
    assert.notEqual(digest(`witness one ${W1} ${AT}/`, 'quorum one'), one);
  });

  for (const [what, detail, ...lines] of [
    ['no quorum', /it has no quorum line/, `witness one ${W1} ${AT}`],
    [
      'a quorum of nobody',
      /nobody has to cosign \(quorum none\)/,
      `witness one ${W1} ${AT}`,
      'quorum none',
    ],
    [
      'a witness without an address',
      /the address in line 2 is missing/,
      '# ours',
      `witness one ${W1}`,
      'quorum one',
    ],
    [
      'plain HTTP',
      /the address in line 1 must be https/,
      `witness one ${W1} http://w.example`,
      'quorum one',
    ],
    [
      'a query',
      /the address in line 2 must have neither query nor fragment/,
      '',
      `witness one ${W1} ${AT}?x`,
      'quorum one',
    ],
    [
      'a password',
      /line 1 must not contain a user or password/,
      `witness one ${W1} https://a:b@w.example`,
      'quorum one',
    ],
    ['no address', /line 1 must be an address/, `witness one ${W1} w.example`, 'quorum one'],
    [
      'a log’s key',
      /line 1 has a key that is not for cosignatures/,
      `witness one ${LOG} ${AT}`,
      'quorum one',
    ],
    ['a key that is none', /line 3 has no key/, '', '', `witness one ${W1}x ${AT}`, 'quorum one'],
    [
      'a word that is unknown',
      /line 1 begins with no word that is known/,
      'witnesses',
      'quorum none',
    ],
    [
      'a quorum that is not defined',
      /line 2 names what is not defined above it/,
      `witness one ${W1} ${AT}`,
      'quorum two',
    ],
    [
      'a quorum that cannot be reached',
      /line 2 has a threshold that is none/,
      `witness one ${W1} ${AT}`,
      'group g 2 one',
      'quorum g',
    ],
    [
      'the same witness twice',
      /line 2 repeats a public key/,
      `witness one ${W1} ${AT}`,
      `witness two ${W1} ${AT}`,
      'quorum one',
    ],
    ['nothing', /which is empty/, ''],
  ] as const)
    it(`is refused with ${what}, in words that say where`, () => {
      folder.assertRefused(withPolicy(...lines), 'log.witnesses', detail);
    });

  it('is refused if the file is not there', () =>
    folder.assertRefused(changed('log.witnesses', 'nowhere'), 'log.witnesses', /not there/));

  it('is refused at its line of the configuration', () => {
    withPolicy('quorum two');
    const text = JSON.stringify(changed('log.witnesses', 'witnesses.policy'), null, 2);
    const [mistake] = folder.refuseText(text);
    const line = text.split('\n').findIndex((written) => written.includes('witnesses.policy')) + 1;
    assert.deepEqual([mistake?.path, mistake?.line], ['log.witnesses', line]);
  });
});
