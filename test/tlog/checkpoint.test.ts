import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { claimedOrigin, formatCheckpoint, parseCheckpoint } from '../../src/tlog/checkpoint.ts';
import { verifyConsistency } from '../../src/tlog/consistency.ts';
import { signNote } from '../../src/tlog/note.ts';
import { splitNote } from '../../src/tlog/note-form.ts';
import { parseVerifierKey } from '../../src/tlog/note-key.ts';
import { makeQuorum, NO_QUORUM } from '../../src/tlog/quorum.ts';
import type { TlogRefusal } from '../../src/tlog/tlog-refused.ts';
import { type LogTrust, verifyCheckpoint } from '../../src/tlog/verify-checkpoint.ts';
import { sha256, unhex } from '../support/sha256.ts';
import { VECTORS } from '../vectors/log-vectors.ts';
import { allFlips, isRefused } from './bits.ts';
import { signerFor, verifyEd25519 } from './ed25519.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const ROOT = sha256(bytesOf('root'));
const ROOT64 = Buffer.from(ROOT).toString('base64');
const ORIGIN = 'example.com/log';
const CHECKPOINT = { origin: ORIGIN, size: 20_852_163, root: ROOT };

describe('the text of a checkpoint', () => {
  it('is origin, size and root', () => {
    assert.equal(formatCheckpoint(CHECKPOINT), `${ORIGIN}\n20852163\n${ROOT64}\n`);
  });

  it('comes back from what was written', () => {
    const origin = fc.stringMatching(/^[^\0-\x1f]+$/).filter((text) => text.isWellFormed());
    const root = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(origin, fc.maxSafeNat(), root, (name, size, hash) => {
        const checkpoint = { origin: name, size, root: hash };
        assert.deepEqual(parseCheckpoint(formatCheckpoint(checkpoint)), checkpoint);
      }),
    );
  });

  it('may have more lines if that is allowed, but no empty ones', () => {
    const text = formatCheckpoint(CHECKPOINT);
    assert.deepEqual(parseCheckpoint(`${text}more\n`, { mayExtend: true }), CHECKPOINT);
    assert.deepEqual(parseCheckpoint(text, { mayExtend: true }), CHECKPOINT);
    for (const more of ['\n', 'a\n\n', '\na\n', 'a'])
      isRefused(() => parseCheckpoint(text + more, { mayExtend: true }), 'checkpoint-malformed');
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['a newline', '\n'],
    ['no origin', `\n1\n${ROOT64}\n`],
    ['an origin only', `${ORIGIN}\n`],
    ['no root', `${ORIGIN}\n1\n`],
    ['an empty root', `${ORIGIN}\n1\n\n`],
    ['no last newline', `${ORIGIN}\n1\n${ROOT64}`],
    ['a fourth line', `${ORIGIN}\n1\n${ROOT64}\nmore\n`],
    ['a blank fourth line', `${ORIGIN}\n1\n${ROOT64}\n\n`],
    ['a blank second line', `${ORIGIN}\n\n1\n${ROOT64}\n`],
    ['no size', `${ORIGIN}\n\n${ROOT64}\n`],
    ['a size with a leading zero', `${ORIGIN}\n01\n${ROOT64}\n`],
    ['a negative size', `${ORIGIN}\n-1\n${ROOT64}\n`],
    ['a size with a space', `${ORIGIN}\n1 \n${ROOT64}\n`],
    ['a size with a fraction', `${ORIGIN}\n1.0\n${ROOT64}\n`],
    ['a size in hexadecimal', `${ORIGIN}\n0x1\n${ROOT64}\n`],
    ['a size with an exponent', `${ORIGIN}\n1e3\n${ROOT64}\n`],
    ['a size of 2^53', `${ORIGIN}\n9007199254740992\n${ROOT64}\n`],
    ['a size of 2^64', `${ORIGIN}\n18446744073709551616\n${ROOT64}\n`],
    ['a root of 31 bytes', `${ORIGIN}\n1\n${Buffer.alloc(31).toString('base64')}\n`],
    ['a root of 33 bytes', `${ORIGIN}\n1\n${Buffer.alloc(33).toString('base64')}\n`],
    ['a root in hexadecimal', `${ORIGIN}\n1\n${'00'.repeat(32)}\n`],
    ['a root without padding', `${ORIGIN}\n1\n${ROOT64.replace('=', '')}\n`],
    ['a root with a space', `${ORIGIN}\n1\n${ROOT64} \n`],
  ] as const)
    it(`is not ${what}`, () => isRefused(() => parseCheckpoint(text), 'checkpoint-malformed'));

  it('is not written of what is none', () => {
    for (const wrong of [
      { origin: '' },
      { origin: 'two\nlines' },
      { size: -1 },
      { size: 0.5 },
      { size: 2 ** 53 },
      { root: new Uint8Array(31) },
    ])
      assert.throws(() => formatCheckpoint({ ...CHECKPOINT, ...wrong }), RangeError);
  });
});

const log = signerFor(ORIGIN);
const nextLog = signerFor(`${ORIGIN}/2`);
const witnesses = ['a', 'b', 'c'].map((name) => signerFor(`${name}.example`, 'cosignature'));
const [w1, w2, w3] = witnesses as [typeof log, typeof log, typeof log];
const TEXT = formatCheckpoint(CHECKPOINT);
const trust: LogTrust = { origin: ORIGIN, logKeys: [log.key] };
const verify = (bytes: Uint8Array, changes: Partial<LogTrust> = {}) =>
  verifyCheckpoint(verifyEd25519, { ...trust, ...changes }, bytes);

describe('a checkpoint', () => {
  it('is believed if the log has signed it', () => {
    const verified = verify(signNote(TEXT, [log]));
    assert.deepEqual(verified, { ...CHECKPOINT, signatures: [{ key: log.key, time: undefined }] });
  });

  it('of another log is believed under its own name', () => {
    const note = VECTORS.notes.find(({ vkey }) => vkey.startsWith('sum.golang.org'));
    assert.ok(note);
    const key = parseVerifierKey(sha256, note.vkey);
    const bytes = bytesOf(note.note);
    const { size } = verify(bytes, { origin: 'go.sum database tree', logKeys: [key] });
    assert.equal(size, 6_476_701);
    isRefused(() => verify(bytes, { origin: 'sum.golang.org', logKeys: [key] }), 'origin-differs');
  });

  it('follows another, as its consistency proof says', () => {
    const [before, after] = VECTORS.notes.filter(({ vkey }) => vkey.startsWith('monkeys'));
    assert.ok(before && after?.consistency_5_8);
    const logKeys = [parseVerifierKey(sha256, before.vkey)];
    const [from, to] = [before, after].map(({ note }) =>
      verify(bytesOf(note), { origin: 'monkeys', logKeys }),
    );
    assert.ok(from && to);
    const proof = after.consistency_5_8.map(unhex);
    verifyConsistency(sha256, { from, to, proof });
  });

  it('is refused after any change of one bit', () => {
    for (const changed of allFlips(signNote(TEXT, [log]))) isRefused(() => verify(changed));
  });

  it('is believed with either key while keys are rotated', () => {
    const both = { logKeys: [log.key, nextLog.key] };
    for (const signers of [[log], [nextLog], [log, nextLog]]) verify(signNote(TEXT, signers), both);
    verify(signNote(TEXT, [log, nextLog]));
  });

  it('tells its origin before it is verified, and nothing more', () => {
    assert.equal(claimedOrigin(signNote(`${TEXT}more\n`, [log])), ORIGIN);
    isRefused(() => claimedOrigin(bytesOf(TEXT)), 'note-malformed');
    isRefused(() => claimedOrigin(signNote('no checkpoint\n', [log])), 'checkpoint-malformed');
  });

  const cases: readonly (readonly [string, Uint8Array, Partial<LogTrust>, TlogRefusal])[] = [
    ['signed by nobody known', signNote(TEXT, [nextLog]), {}, 'signature-missing'],
    ['for which no key is known', signNote(TEXT, [log]), { logKeys: [] }, 'signature-missing'],
    ['of another origin', signNote(TEXT, [log]), { origin: 'example.com' }, 'origin-differs'],
    ['with a fourth line', signNote(`${TEXT}more\n`, [log]), {}, 'checkpoint-malformed'],
    ['that is another text', signNote('hello\n', [log]), {}, 'checkpoint-malformed'],
    ['that is no note', bytesOf(TEXT), {}, 'note-malformed'],
    [
      'signed by witnesses only',
      signNote(TEXT, [w1, w2], 1),
      { quorum: makeQuorum(1, [w1.key, w2.key]) },
      'signature-missing',
    ],
  ];
  for (const [what, bytes, changes, reason] of cases)
    it(`is refused ${what}`, () => isRefused(() => verify(bytes, changes), reason));

  it('may have more lines if that is allowed', () => {
    const bytes = signNote(`${TEXT}more\n`, [log]);
    assert.equal(verify(bytes, { mayExtend: true }).size, CHECKPOINT.size);
    assert.ok(splitNote(bytes).text.endsWith('more\n'));
  });
});

describe('a quorum', () => {
  const pair = makeQuorum(2, [w1.key, w2.key]);
  const nested = makeQuorum(2, [makeQuorum(1, [w1.key, w2.key]), w3.key]);
  const signedBy = (...signers: readonly (typeof log)[]) => signNote(TEXT, [log, ...signers], 9);

  it('is reached when enough have cosigned', () => {
    verify(signedBy(w1, w2), { quorum: pair });
    verify(signedBy(w2, w3), { quorum: nested });
    verify(signedBy(), { quorum: NO_QUORUM });
    const { signatures } = verify(signedBy(w1, w2, w3), { quorum: pair });
    assert.deepEqual(
      signatures.map(({ key, time }) => [key.name, time]),
      [
        [ORIGIN, undefined],
        ['a.example', 9],
        ['b.example', 9],
      ],
    );
  });

  it('is missed when too few have', () => {
    for (const bytes of [signedBy(), signedBy(w1), signedBy(w1, w3)])
      isRefused(() => verify(bytes, { quorum: pair }), 'quorum-missing');
    for (const bytes of [signedBy(w1, w2), signedBy(w3), signedBy(w1)])
      isRefused(() => verify(bytes, { quorum: nested }), 'quorum-missing');
  });

  it('is not reached by one witness who signs twice', () => {
    const [, ...lines] = new TextDecoder().decode(signNote(TEXT, [w1], 10)).split('\n\n');
    const twice = Buffer.concat([signedBy(w1), Buffer.from(lines.join(''))]);
    isRefused(() => verify(new Uint8Array(twice), { quorum: pair }), 'quorum-missing');
  });

  it('refuses a checkpoint with a wrong cosignature, though enough others are right', () => {
    const [, wrong = ''] = new TextDecoder().decode(signNote('x\n', [w3], 9)).split('\n\n');
    const bytes = new Uint8Array(Buffer.concat([signedBy(w1, w2), Buffer.from(wrong)]));
    verify(bytes, { quorum: pair });
    const quorum = makeQuorum(2, [w1.key, w2.key, w3.key]);
    isRefused(() => verify(bytes, { quorum }), 'signature-wrong');
  });

  it('cannot be one that is never reached, that counts a key twice, or a key that is no witness’s', () => {
    for (const threshold of [-1, 3, 0.5, Number.NaN])
      assert.throws(() => makeQuorum(threshold, [w1.key, w2.key]), RangeError);
    assert.throws(() => makeQuorum(1, [w1.key, w1.key]), RangeError);
    assert.throws(() => makeQuorum(2, [w1.key, makeQuorum(1, [w1.key])]), RangeError);
    const renamed = { ...w1.key, name: 'other.example' };
    assert.throws(() => makeQuorum(2, [w1.key, renamed]), RangeError);
    assert.throws(() => makeQuorum(1, [log.key]), RangeError);
  });
});
