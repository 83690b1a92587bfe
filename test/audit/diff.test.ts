import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DiffJudgement, judgeDiff, type Past, type SourceTree } from '../../src/audit/diff.ts';
import type { Checkpoint } from '../../src/tlog/checkpoint.ts';
import { verifyConsistency } from '../../src/tlog/consistency.ts';
import { naiveRoot } from '../support/naive-tree.ts';
import { sha256 } from '../support/sha256.ts';
import { naiveConsistency } from '../tlog/naive-proof.ts';

/** A log, and another under its name that is the same up to entry 4. */
const TRUE = Array.from({ length: 20 }, (_, n) => sha256(Uint8Array.of(n)));
const FORK = TRUE.map((leaf, n) => (n < 4 ? leaf : sha256(leaf)));
type Leaves = readonly Uint8Array[];

const at = (size: number, leaves: Leaves = TRUE): Checkpoint => ({
  origin: 'log.example/1',
  size,
  root: naiveRoot(leaves.slice(0, size)),
});
const proof = (from: number, to: number, leaves: Leaves = TRUE): Uint8Array[] =>
  naiveConsistency(leaves.slice(0, to), from);

/** A log at hand that can tell of every size it had. */
function source(size: number, leaves: Leaves = TRUE): SourceTree {
  const past = Array.from({ length: size - 1 }, (_, n): [number, Past] => [
    n + 1,
    { root: at(n + 1, leaves).root, proof: proof(n + 1, size, leaves) },
  ]);
  return { tip: at(size, leaves), past: new Map(past) };
}

const lying = (tree: SourceTree, size: number, past: Past): SourceTree => ({
  tip: tree.tip,
  past: new Map([...tree.past, [size, past]]),
});
const empty = { ...at(0), root: sha256(new Uint8Array()) };
const WRONG = new Uint8Array(32);

describe('two checkpoints of one log are', () => {
  type Hand = Parameters<typeof judgeDiff>[2];
  const cases: readonly (readonly [
    DiffJudgement['outcome'],
    string,
    Checkpoint,
    Checkpoint,
    Hand?,
  ])[] = [
    ['identical', 'of the same size and root', at(7), at(7)],
    [
      'identical',
      'of the same size and root, whatever the log at hand says',
      at(7),
      at(7),
      { source: source(9, FORK) },
    ],
    ['conflict', 'of the same size with two roots', at(7), at(7, FORK)],
    [
      'conflict',
      'of the same size with two roots, whatever the proof',
      at(7),
      at(7, FORK),
      { proof: [] },
    ],
    ['consistent', 'of no entries and of some', empty, at(7)],
    ['consistent', 'of some entries and of none', at(7), empty],
    ['conflict', 'of no entries with a root that is none', { ...empty, root: WRONG }, at(7)],
    ['undecided', 'of two sizes with nothing at hand', at(5), at(9)],
    ['consistent', 'of two sizes with a proof', at(5), at(9), { proof: proof(5, 9) }],
    [
      'consistent',
      'of two sizes in the other order with a proof',
      at(9),
      at(5),
      { proof: proof(5, 9) },
    ],
    ['undecided', 'of two sizes with another proof', at(5), at(9), { proof: proof(6, 9) }],
    ['undecided', 'of two sizes with an empty proof', at(5), at(9), { proof: [] }],
    [
      'undecided',
      'of two histories with the proof of one of them',
      at(5),
      at(9, FORK),
      { proof: proof(5, 9) },
    ],
    [
      'undecided',
      'of two histories with the proof of the other',
      at(5),
      at(9, FORK),
      { proof: proof(5, 9, FORK) },
    ],
    ['consistent', 'both in the log at hand', at(5), at(9), { source: source(12) }],
    [
      'consistent',
      'both in the log at hand, the second being its last',
      at(5),
      at(12),
      { source: source(12) },
    ],
    [
      'consistent',
      'both in the log at hand, though a proof fails',
      at(5),
      at(9),
      { proof: [], source: source(12) },
    ],
    [
      'consistent',
      'both from before a fork that the log at hand is on',
      at(2),
      at(4),
      { source: source(12, FORK) },
    ],
    ['conflict', 'one in the log at hand, and one not', at(5), at(9, FORK), { source: source(12) }],
    [
      'conflict',
      'one in the log at hand, and one not, the other way round',
      at(5, FORK),
      at(9),
      { source: source(12) },
    ],
    [
      'conflict',
      'consistent, and the log at hand is another',
      at(5),
      at(9),
      { source: source(12, FORK) },
    ],
    [
      'conflict',
      'one of them of the size of the log at hand, with another root',
      at(5),
      at(12, FORK),
      { source: source(12) },
    ],
    [
      'conflict',
      'one beyond the log at hand, and one not in it',
      at(5, FORK),
      at(15),
      { source: source(12) },
    ],
    [
      'undecided',
      'one beyond the log at hand, and one in it',
      at(5),
      at(15),
      { source: source(12) },
    ],
    ['undecided', 'both beyond the log at hand', at(13), at(15), { source: source(12) }],
    [
      'undecided',
      'held against a log that does not tell how it was',
      at(5),
      at(9),
      { source: { tip: at(12), past: new Map() } },
    ],
    [
      'undecided',
      'held against a log that lies about how it was',
      at(5),
      at(9),
      { source: lying(source(12), 5, { root: WRONG, proof: proof(5, 12) }) },
    ],
    [
      'undecided',
      'held against a log that has no proof of how it was',
      at(5, FORK),
      at(9),
      { source: lying(source(12), 5, { root: at(5).root, proof: [] }) },
    ],
  ];
  for (const [outcome, what, first, second, hand] of cases)
    it(`${outcome}: ${what}`, () => {
      const judgement = judgeDiff(sha256, { first, second }, hand);
      assert.equal(judgement.outcome, outcome, judgement.detail);
    });

  it('in conflict with evidence that somebody else can check', () => {
    const [first, second] = [at(5), at(9, FORK)];
    const tree = source(12);
    const judgement = judgeDiff(sha256, { first, second }, { source: tree });
    assert.ok(judgement.outcome === 'conflict');
    assert.deepEqual(judgement.between, ['second', 'source']);
    assert.ok(judgement.growth !== undefined);
    verifyConsistency(sha256, judgement.growth);
    assert.deepEqual(judgement.growth.to, tree.tip);
    assert.equal(judgement.growth.from.size, second.size);
    assert.notDeepEqual(judgement.growth.from.root, second.root);
  });

  it('undecided with what is missing to decide', () => {
    const pair = { first: at(5), second: at(15) };
    const missing = (hand?: Hand) => judgeDiff(sha256, pair, hand).detail;
    assert.match(missing(), /a proof .* or the log itself, is missing/);
    assert.match(missing({ proof: [] }), /says nothing about the log/);
    assert.match(missing({ source: source(12) }), /has 12 entries, not 15/);
  });
});
