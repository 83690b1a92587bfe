import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askWitness, type WitnessReply } from '../../src/recorder/witness-exchange.ts';
import { openNote } from '../../src/tlog/note.ts';
import { leavesOf, SmallLog } from '../support/small-log.ts';
import {
  type Answer,
  cosignAt,
  endless,
  hang,
  refusing,
  seconds,
  stall,
  TREE_SIZE,
} from '../support/witness-doubles.ts';
import { keyFor, verifyEd25519 } from '../tlog/ed25519.ts';

const NAME = 'w.example/1';
const { verifier } = keyFor(NAME, 'cosignature');
const log = new SmallLog('log.example/1', leavesOf(20));

function ask(answer: Answer): Promise<WitnessReply> {
  return askWitness(
    (url, { method, redirect, body, signal }) => {
      assert.equal(url, 'https://w.example/prefix/add-checkpoint');
      assert.deepEqual([method, redirect], ['POST', 'error']);
      assert.deepEqual(Buffer.from(body), Buffer.from(log.request(5, 8)));
      return Promise.resolve(answer(body, signal));
    },
    { key: verifier, url: 'https://w.example/prefix' },
    {
      request: { oldSize: 5, proof: log.proof(5, 8), checkpoint: log.note(8) },
      signal: AbortSignal.timeout(200),
      now: () => Date.now(),
    },
  );
}

const textOf = async (answer: Answer, body: Uint8Array): Promise<string> =>
  (await answer(body, AbortSignal.timeout(200))).text();
const own = cosignAt(NAME, seconds);
const others = cosignAt('w.example/2', seconds);

/** Answers what was made of a true cosignature. */
const changed =
  (change: (line: string) => string): Answer =>
  async (body) =>
    new Response(change(await textOf(own, body)));

describe('one question to one witness', () => {
  it('is answered with a cosignature', async () => {
    const reply = await ask(own);
    assert.ok(reply.is === 'cosigned');
    const note = openNote(verifyEd25519, [verifier], Buffer.from(`${log.text(8)}\n${reply.line}`));
    assert.equal(note.text, log.text(8));
  });

  it('is answered with lines of others too, which are passed over', async () => {
    const reply = await ask(
      async (body) => new Response(`${await textOf(others, body)}${await textOf(own, body)}`),
    );
    assert.ok(reply.is === 'cosigned');
    assert.match(reply.line, /^— w\.example\/1 [A-Za-z0-9+/=]+\n$/);
  });

  it('is answered with the size to go on from', async () => {
    for (const [body, size] of [
      ['3\n', 3],
      ['0\n', 0],
      ['9007199254740991', 9_007_199_254_740_991],
    ] as const)
      assert.deepEqual(await ask(refusing(409, body, TREE_SIZE)), { is: 'elsewhere', size });
  });

  for (const [what, says, answer] of [
    ['nobody answers', /timeout/, hang],
    ['the answer stalls', /timeout/, stall],
    ['the answer does not end', /its answer does not end/, endless],
    [
      'one letter is another',
      /signature/,
      changed((line) =>
        line.replace(/.(.{9}\n)$/, (end) => `${end.startsWith('A') ? 'B' : 'A'}${end.slice(1)}`),
      ),
    ],
    [
      'another note is signed',
      /signature of a known key is wrong/,
      cosignAt(NAME, seconds, (text) => text.replace('\n8\n', '\n9\n')),
    ],
    [
      'the time is another',
      /signature of a known key is wrong/,
      changed((line) => line.replace('AAAAA', 'AAAAB')),
    ],
    ['another has signed', /without a signature of its own/, others],
    ['the time is 0', /a time that cannot be/, cosignAt(NAME, () => 0)],
    ['the time is an hour ahead', /a time that cannot be/, cosignAt(NAME, () => seconds() + 3600)],
    ['the time is far ahead', /a time that cannot be/, cosignAt(NAME, () => 2 ** 52)],
    [
      'the time is three days ago',
      /a time that cannot be/,
      cosignAt(NAME, () => seconds() - 3 * 86_400),
    ],
    ['nothing is answered', /signature/, () => new Response('')],
    [
      'a whole note is answered',
      /signature line 1 is none/,
      changed((line) => `${log.text(8)}\n${line}`),
    ],
    [
      'a blank line hides another text',
      /signature line 1 is none/,
      changed((line) => `\nother\n\n${line}`),
    ],
    ['the line does not end', /does not end/, changed((line) => line.trimEnd())],
    ['the answer is no text', /not UTF-8/, () => new Response(Uint8Array.of(0xff, 0x0a))],
    ['it cannot be read', /cannot read .*\(400\)/, refusing(400)],
    ['the key is not known', /does not know the key of this log \(403\)/, refusing(403)],
    ['the log is not known', /does not know this log \(404\)/, refusing(404)],
    ['the proof is wrong', /the log does not go on .*\(422\)/, refusing(422)],
    ['the root is another', /another root of this size \(409\)/, refusing(409)],
    ['a size is told as text', /another root of this size \(409\)/, refusing(409, '3\n')],
    ['it is not well', /it answered 503/, refusing(503)],
    ['it answers 201', /it answered 201/, refusing(201)],
    ['it leads elsewhere', /it answered 307/, refusing(307)],
    ['the size is negative', /a size that is none/, refusing(409, '-1\n', TREE_SIZE)],
    ['the size is none', /a size that is none/, refusing(409, '\n', TREE_SIZE)],
    ['the size has zeros before it', /a size that is none/, refusing(409, '03\n', TREE_SIZE)],
    [
      'the size is too large',
      /a size that is none/,
      refusing(409, '9007199254740993\n', TREE_SIZE),
    ],
    ['the size does not end', /does not end/, refusing(409, '9'.repeat(100_000), TREE_SIZE)],
  ] satisfies readonly (readonly [string, RegExp, Answer])[])
    it(`fails if ${what}`, () => assert.rejects(ask(answer), says));
});
