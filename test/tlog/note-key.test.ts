import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  formatVerifierKey,
  type KeyType,
  makeVerifierKey,
  parseVerifierKey,
} from '../../src/tlog/note-key.ts';
import { formatSignerKey, makeSignerKey, parseSignerKey } from '../../src/tlog/signer-key.ts';
import { sha256 } from '../support/sha256.ts';
import { VECTORS } from '../vectors/log-vectors.ts';
import { isRefused } from './bits.ts';
import { keyFor, publicKeyOf } from './ed25519.ts';

const readVerifier = (text: string) => parseVerifierKey(sha256, text);
const readSigner = (text: string) => parseSignerKey(sha256, publicKeyOf, text);

const VKEYS = [
  ...new Set([
    ...VECTORS.notes.map(({ vkey }) => vkey),
    VECTORS.tessera_log.vkey,
    VECTORS.witness_exchange.log_vkey,
  ]),
];
const [{ vkey: PETER_V, skey: PETER_S = '' } = { vkey: '' }] = VECTORS.notes;

function* strictSubstrings(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += 1)
    for (let end = start; end <= text.length; end += 1)
      if (end - start < text.length) yield text.slice(start, end);
}

function* increments(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 1)
    yield text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) + 1) + text.slice(at + 1);
}

describe('a verifier key', () => {
  for (const vkey of VKEYS)
    it(`is read and written again: ${vkey.slice(0, 24)}…`, () => {
      const key = readVerifier(vkey);
      assert.equal(formatVerifierKey(key), vkey);
      assert.equal(key.publicKey.length, 32);
      assert.equal(key.type, key.name.startsWith('witness2') ? 'cosignature' : 'note');
    });

  it('comes back from what was written, whatever its name', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[\s\u0085+\0-\x1f]/.test(text));
    const type = fc.constantFrom<KeyType>('note', 'cosignature');
    const publicKey = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(name, type, publicKey, (n, t, bytes) => {
        const key = makeVerifierKey(sha256, { name: n, type: t, publicKey: bytes });
        assert.deepEqual(readVerifier(formatVerifierKey(key)), key);
      }),
    );
  });

  for (const vkey of VECTORS.bad.bad_vkeys)
    it(`is not ${vkey.slice(0, 24)}…`, () => isRefused(() => readVerifier(vkey), 'key-malformed'));

  it('is no part of one', () => {
    for (const part of strictSubstrings(PETER_V))
      isRefused(() => readVerifier(part), 'key-malformed');
  });

  it('is not one with any letter changed', () => {
    for (const vkey of VKEYS)
      for (const changed of increments(vkey))
        isRefused(() => readVerifier(changed), 'key-malformed');
  });

  it('is no secret key, and nothing may stand around it', () => {
    for (const text of [PETER_S, ` ${PETER_V}`, `${PETER_V} `, `${PETER_V}\n`, `${PETER_V}+`])
      isRefused(() => readVerifier(text), 'key-malformed');
    isRefused(() => readVerifier(PETER_V.replace('c74f20a3', 'C74F20A3')), 'key-malformed');
  });

  it('has another id for another name or another type', () => {
    const publicKey = new Uint8Array(32);
    const id = (name: string, type: KeyType): number =>
      makeVerifierKey(sha256, { name, type, publicKey }).id;
    const ids = [id('a', 'note'), id('b', 'note'), id('a', 'cosignature')];
    assert.equal(new Set(ids).size, 3);
  });

  for (const name of [
    '',
    ' ',
    'a b',
    'a+b',
    'a\tb',
    'a\nb',
    'a\u00a0b',
    'a\u2003b',
    'a\u0085b',
    '\ud800',
  ])
    it(`cannot have the name ${JSON.stringify(name)}`, () => {
      const publicKey = new Uint8Array(32);
      assert.throws(() => makeVerifierKey(sha256, { name, type: 'note', publicKey }), RangeError);
    });

  it('has 32 bytes', () => {
    for (const length of [0, 31, 33]) {
      const key = { name: 'a', type: 'note', publicKey: new Uint8Array(length) } as const;
      assert.throws(() => makeVerifierKey(sha256, key), RangeError);
    }
  });
});

describe('a signer key', () => {
  it('is read and written again, and knows its verifier key', () => {
    const key = readSigner(PETER_S);
    assert.equal(formatSignerKey(key), PETER_S);
    assert.equal(formatVerifierKey(key.verifier), PETER_V);
  });

  it('comes back from what was written, of either type', () => {
    for (const type of ['note', 'cosignature'] as const) {
      const key = keyFor('example.com/log', type);
      assert.deepEqual(readSigner(formatSignerKey(key)), key);
    }
  });

  it('is no part of one', () => {
    for (const part of strictSubstrings(PETER_S))
      isRefused(() => readSigner(part), 'key-malformed');
  });

  it('is not one with any letter changed, and no verifier key', () => {
    for (const changed of increments(PETER_S))
      isRefused(() => readSigner(changed), 'key-malformed');
    isRefused(() => readSigner(PETER_V), 'key-malformed');
    isRefused(() => readSigner(`PRIVATE+KEY+${PETER_V}`), 'key-malformed');
  });

  it('cannot have a name no key can have', () => {
    const claim = { name: 'a b', type: 'note', seed: new Uint8Array(32) } as const;
    assert.throws(() => makeSignerKey(sha256, publicKeyOf, claim), RangeError);
  });
});
