import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cosignedMessage } from '../../src/tlog/cosignature.ts';
import { addSignatures, openNote, signNote, signText } from '../../src/tlog/note.ts';
import { formatSignature, parseSignatures, splitNote } from '../../src/tlog/note-form.ts';
import { parseVerifierKey, type VerifierKey } from '../../src/tlog/note-key.ts';
import { parseSignerKey } from '../../src/tlog/signer-key.ts';
import type { TlogRefusal } from '../../src/tlog/tlog-refused.ts';
import { sha256 } from '../support/sha256.ts';
import { VECTORS } from '../vectors/log-vectors.ts';
import { allFlips, isRefused } from './bits.ts';
import { publicKeyOf, signerFor, signerOf, verifyEd25519 } from './ed25519.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const open = (keys: readonly VerifierKey[], note: Uint8Array | string) =>
  openNote(verifyEd25519, keys, typeof note === 'string' ? bytesOf(note) : note);

const alice = signerFor('example.com/alice');
const bob = signerFor('example.com/bob');
const witness = signerFor('example.com/witness', 'cosignature');
const TEXT = 'first line\n\nthird line\n';
const NOTE = signNote(TEXT, [alice]);

describe('the notes of others', () => {
  for (const { src, vkey, note } of VECTORS.notes) {
    it(`are opened: ${src}`, () => {
      const key = parseVerifierKey(sha256, vkey);
      const opened = open([key], note);
      assert.ok(note.startsWith(`${opened.text}\n— `));
      assert.deepEqual(
        opened.signatures.map((signature) => signature.key),
        [key],
      );
      assert.equal(opened.signatures[0]?.time, key.type === 'note' ? undefined : 1_767_139_200);
    });

    it(`are refused after any change of one bit: ${src}`, () => {
      const key = parseVerifierKey(sha256, vkey);
      for (const changed of allFlips(bytesOf(note))) isRefused(() => open([key], changed));
    });
  }

  it('are written again to the byte, where their key is known', () => {
    for (const { skey, note } of VECTORS.notes) {
      if (skey === undefined) continue;
      const signer = signerOf(parseSignerKey(sha256, publicKeyOf, skey));
      assert.equal(textOf(signNote(splitNote(bytesOf(note)).text, [signer])), note);
    }
  });
});

describe('a note', () => {
  it('opens with the keys that signed it, and its text may have blank lines', () => {
    const note = signNote(TEXT, [alice, bob]);
    const opened = open([bob.key, alice.key], note);
    assert.equal(opened.text, TEXT);
    assert.deepEqual(
      opened.signatures.map(({ key }) => key),
      [alice.key, bob.key],
    );
  });

  it('opens whatever its text', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\0-\x1f]/.test(text));
    const text = fc.array(line, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(text, (lines) => {
        const whole = `${lines.join('\n')}\n`;
        assert.equal(open([alice.key], signNote(whole, [alice])).text, whole);
      }),
      { numRuns: 50 },
    );
  });

  it('opens with one known key among many that are not', () => {
    const others = Array.from({ length: 99 }, (_, n) => signerFor(`example.com/${n}`));
    const note = signNote(TEXT, [...others, alice]);
    assert.equal(open([alice.key], note).signatures.length, 1);
  });

  it('is refused after any change of one bit', () => {
    for (const changed of allFlips(NOTE)) isRefused(() => open([alice.key], changed));
  });

  it('is refused if nobody known has signed', () => {
    isRefused(() => open([], NOTE), 'signature-missing');
    isRefused(() => open([bob.key], NOTE), 'signature-missing');
  });

  it('is refused if one of the known keys’ signatures is wrong, though others are right', () => {
    const [, wrong = ''] = textOf(signNote('something else\n', [bob])).split('\n\n');
    const note = textOf(NOTE) + wrong;
    isRefused(() => open([alice.key, bob.key], note), 'signature-wrong');
    assert.equal(open([alice.key], note).signatures.length, 1);
  });

  it('is refused if a known key’s second signature is wrong', () => {
    const [, wrong = ''] = textOf(signNote('something else\n', [alice])).split('\n\n');
    isRefused(() => open([alice.key], textOf(NOTE) + wrong), 'signature-wrong');
  });

  it('is opened only by a key with the same name and the same id', () => {
    isRefused(() => open([{ ...alice.key, name: 'example.com/eve' }], NOTE), 'signature-missing');
    isRefused(() => open([{ ...alice.key, id: alice.key.id ^ 1 }], NOTE), 'signature-missing');
    const { publicKey } = bob.key;
    isRefused(() => open([{ ...alice.key, publicKey }], NOTE), 'signature-wrong');
  });

  it('is not opened by a signature of another kind with the same key', () => {
    const asCosigner = { ...alice.key, type: 'cosignature' } as const;
    isRefused(() => open([asCosigner], NOTE), 'signature-wrong');
    const cosigned = signNote(TEXT, [witness], 1);
    isRefused(() => open([{ ...witness.key, type: 'note' }], cosigned), 'signature-wrong');
  });

  it('asks nobody to verify before its form is right', () => {
    const never = (): boolean => assert.fail('asked');
    isRefused(() => openNote(never, [alice.key], bytesOf(`${textOf(NOTE)}x\n`)), 'note-malformed');
    isRefused(() => openNote(never, [bob.key], NOTE), 'signature-missing');
  });

  it('asks for no signature of another length than 64 bytes', () => {
    const { name, id } = alice.key;
    const never = (): boolean => assert.fail('asked');
    for (const length of [1, 63, 65, 72]) {
      const line = formatSignature({ name, id, bytes: new Uint8Array(length) });
      const note = bytesOf(`${TEXT}\n${line}`);
      isRefused(() => openNote(never, [alice.key], note), 'signature-wrong');
    }
  });

  it('is not made of what is no text, nor by nobody', () => {
    for (const text of ['', 'no newline', 'a\tb\n', 'a\r\n', 'a\0\n', '\ud800\n'])
      assert.throws(() => signNote(text, [alice]), RangeError, JSON.stringify(text));
    assert.throws(() => signNote(TEXT, []), RangeError);
  });
});

const SIGNATURE = textOf(NOTE).slice(TEXT.length + 1);
const [DASH = '', NAME = '', BASE64 = ''] = SIGNATURE.trimEnd().split(' ');

describe('hostile notes', () => {
  const cases: readonly (readonly [string, string | Uint8Array, TlogRefusal?])[] = [
    ['nothing at all', ''],
    ['only a newline', '\n'],
    ['only a text', TEXT],
    ['a text and a blank line', `${TEXT}\n`],
    ['only a signature', SIGNATURE],
    ['a signature without a blank line before', TEXT.trimEnd() + SIGNATURE],
    ['a signature right behind the text', `a\n${SIGNATURE}`],
    ['no last newline', textOf(NOTE).trimEnd()],
    ['a blank line behind the signatures', `${textOf(NOTE)}\n`],
    ['a line behind the signatures', `${textOf(NOTE)}more\n`],
    ['a line between the signatures', `${textOf(NOTE)}more\n${SIGNATURE}`],
    ['a carriage return', textOf(NOTE).replaceAll('\n', '\r\n')],
    ['a tab', textOf(NOTE).replace(' ', '\t')],
    ['a zero byte', textOf(NOTE).replace('first', '\0')],
    ['byte 0x01', textOf(NOTE).replace('first', '\x01')],
    ['an escape', textOf(NOTE).replace('first', '\x1b[2J')],
    ['byte 0xff', Uint8Array.of(0xff, ...NOTE)],
    ['a cut character at its end', Uint8Array.of(...NOTE, 0xe2)],
    ['an overlong newline', Uint8Array.of(0xc0, 0x8a, ...NOTE)],
    ['a byte order mark before its text', `\ufeff${textOf(NOTE)}`, 'signature-wrong'],
    ['a text of another composition', `e\u0301\n\n${SIGNATURE}`, 'signature-wrong'],
    ['a blank line more before the signatures', `${TEXT}\n\n${SIGNATURE}`, 'signature-wrong'],
    ['signatures in two blocks', `${textOf(NOTE)}\n${SIGNATURE}`, 'signature-wrong'],
    ['a hyphen for the dash', sign('-', NAME, BASE64)],
    ['an en dash for the dash', sign('–', NAME, BASE64)],
    ['a line that is indented', sign(` ${DASH}`, NAME, BASE64)],
    ['two spaces', sign(DASH, '', NAME, BASE64)],
    ['a space at the end', sign(DASH, NAME, BASE64, '')],
    ['no name', sign(DASH, BASE64)],
    ['a name with a space', sign(DASH, 'a', 'b', BASE64)],
    ['a name with a plus', sign(DASH, 'a+b', BASE64)],
    ['a name with a no-break space', sign(DASH, 'a\u00a0b', BASE64)],
    ['a name with an ideographic space', sign(DASH, 'a\u3000b', BASE64)],
    ['a name with a line separator', sign(DASH, 'a\u2028b', BASE64)],
    ['no signature', sign(DASH, NAME)],
    ['a signature of nothing', sign(DASH, NAME, '')],
    ['a signature that is an id only', sign(DASH, NAME, BASE64.slice(0, 4))],
    ['a signature of four bytes', sign(DASH, NAME, 'AAAAAA==')],
    ['base 64 without its padding', sign(DASH, NAME, BASE64.replace('=', ''))],
    ['base 64 with stray bits', sign(DASH, NAME, withStrayBits(BASE64))],
    ['base 64 for URLs', sign(DASH, NAME, `-_-_${BASE64.slice(4)}`)],
    [
      'base 64 with a line of its own',
      sign(DASH, NAME, `${BASE64.slice(0, 8)}\n${BASE64.slice(8)}`),
    ],
    ['a signature too short', sign(DASH, NAME, BASE64.slice(0, -4)), 'signature-wrong'],
    ['a signature too long', sign(DASH, NAME, `AAAA${BASE64}`), 'signature-missing'],
    ['101 signatures', textOf(NOTE) + SIGNATURE.repeat(100)],
    ['more than a million bytes', `${'x'.repeat(1_000_000)}\n\n${SIGNATURE}`],
  ];

  for (const [what, note, reason = 'note-malformed'] of cases)
    it(`are refused with ${what}`, () => isRefused(() => open([alice.key], note), reason));

  it('may have a hundred signatures', () => {
    assert.equal(open([alice.key], textOf(NOTE) + SIGNATURE.repeat(99)).signatures.length, 100);
  });

  function sign(...words: readonly string[]): string {
    return `${TEXT}\n${words.join(' ')}\n`;
  }

  function withStrayBits(text: string): string {
    const last = text.at(-2) ?? '';
    return `${text.slice(0, -2)}${String.fromCharCode(last.charCodeAt(0) + 1)}=`;
  }
});

describe('a cosignature', () => {
  const TIME = 1_679_315_147;

  it('is of a header, the time and the text', () => {
    const message = `cosignature/v1\ntime ${TIME}\n${TEXT}`;
    assert.equal(textOf(cosignedMessage(TEXT, TIME)), message);
    const { bytes } = signText(TEXT, witness, TIME);
    assert.deepEqual(bytes.slice(0, 8), Uint8Array.of(0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb));
    assert.ok(verifyEd25519(witness.key.publicKey, bytesOf(message), bytes.slice(8)));
  });

  it('says when it was made', () => {
    const opened = open([witness.key, alice.key], signNote(TEXT, [alice, witness], TIME));
    assert.deepEqual(
      opened.signatures.map(({ time }) => time),
      [undefined, TIME],
    );
  });

  it('is refused after any change of one bit, of the time too', () => {
    const note = signNote(TEXT, [witness], TIME);
    for (const changed of allFlips(note)) isRefused(() => open([witness.key], changed));
  });

  it('is refused with a time beyond 2^53−1, and when it is too short to hold one', () => {
    const line = signText(TEXT, witness, TIME);
    const late = line.bytes.slice();
    late[0] = 0x7f;
    for (const bytes of [late, line.bytes.slice(0, 8), line.bytes.slice(0, 71), late.slice(0, 5)])
      isRefused(
        () => open([witness.key], `${TEXT}\n${formatSignature({ ...line, bytes })}`),
        'signature-wrong',
      );
  });

  it('is not made without a time, or at one that is none', () => {
    assert.throws(() => signNote(TEXT, [witness]), RangeError);
    for (const time of [-1, 0.5, Number.NaN, 2 ** 53])
      assert.throws(() => signNote(TEXT, [witness], time), RangeError);
  });
});

describe('signatures that come later', () => {
  const add = (note: Uint8Array, lines: string, keys = [witness.key]): Uint8Array =>
    addSignatures(verifyEd25519, keys, note, parseSignatures(lines));
  const answer = (time: number, signer = witness): string =>
    formatSignature(signText(TEXT, signer, time));

  it('are added behind the others', () => {
    const both = add(NOTE, answer(5));
    assert.equal(textOf(both), textOf(NOTE) + answer(5));
    assert.equal(open([alice.key, witness.key], both).signatures.length, 2);
  });

  it('are left out if their key is not known', () => {
    const stranger = signerFor('example.com/stranger', 'cosignature');
    assert.deepEqual(add(NOTE, answer(5, stranger)), NOTE);
  });

  it('are one a key, so that no witness can make a note unreadable', () => {
    const many = Array.from({ length: 100 }, (_, n) => answer(n)).join('');
    assert.equal(textOf(add(NOTE, many)), textOf(NOTE) + answer(99));
    assert.equal(textOf(add(add(NOTE, answer(5)), answer(6))), textOf(NOTE) + answer(6));
  });

  it('are refused if they are wrong', () => {
    const other = formatSignature(signText('another text\n', witness, 5));
    isRefused(() => add(NOTE, other), 'signature-wrong');
  });

  for (const [what, lines] of [
    ['nothing', ''],
    ['a blank line', '\n'],
    ['no last newline', answer(5).trimEnd()],
    ['a blank line between', `${answer(5)}\n${answer(6)}`],
    ['a sentence', 'no\n'],
    ['more than a hundred', answer(5).repeat(101)],
  ] as const)
    it(`are refused as ${what}`, () => isRefused(() => add(NOTE, lines), 'note-malformed'));
});
