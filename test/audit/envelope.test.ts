import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeEnvelope,
  encodeEnvelope,
  type Envelope,
  ENVELOPE_SIZE,
  tagOf,
} from '../../src/audit/envelope.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { DAY } from '../support/specimens.ts';
import { hex, sha256, unhex } from '../support/sha256.ts';
import { type EntryVector, VECTORS } from '../vectors/log-vectors.ts';

const { time_ms, retain_days, account_key, actor_key, cases } = VECTORS.entry_v1;

function envelopeOf(vector: EntryVector): Envelope {
  return {
    kind: vector.kind,
    isClockClamped: false,
    time: time_ms,
    retainUntil: time_ms + retain_days * DAY,
    commitment: unhex(vector.commitment),
    accountTag: tagOf(sha256, 'account', unhex(account_key), vector.account_n),
    actorTag: tagOf(sha256, 'actor', unhex(actor_key), vector.actor_n),
  };
}

function bytesOf(vector: EntryVector | undefined): Uint8Array {
  assert.ok(vector !== undefined);
  return unhex(vector.entry);
}

describe('the envelopes of the vectors', () => {
  for (const vector of cases) {
    it(`of kind ${vector.kind} are encoded byte for byte, tags included`, () => {
      assert.equal(hex(encodeEnvelope(envelopeOf(vector))), vector.entry);
    });

    it(`of kind ${vector.kind} are decoded`, () => {
      const { publicPayload, ...rest } = decodeEnvelope(unhex(vector.entry));
      assert.deepEqual(rest, envelopeOf(vector));
      assert.equal(publicPayload, undefined);
    });

    it(`of kind ${vector.kind} have the leaf hash of their bytes`, () => {
      assert.equal(hex(hashLeaf(sha256, unhex(vector.entry))), vector.leaf);
    });
  }
});

const envelope: fc.Arbitrary<Envelope> = fc
  .record({
    kind: fc.integer({ min: 0, max: 255 }),
    isClockClamped: fc.boolean(),
    time: fc.maxSafeNat(),
    retainUntil: fc.maxSafeNat(),
    commitment: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    accountTag: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    actorTag: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    publicPayload: fc.option(fc.uint8Array({ minLength: 1, maxLength: 200 }), { nil: undefined }),
  })
  .map((one) =>
    one.publicPayload === undefined ? { ...one } : { ...one, commitment: new Uint8Array(32) },
  );

describe('an envelope', () => {
  it('is decoded as it was encoded', () => {
    fc.assert(
      fc.property(envelope, (one) => {
        assert.deepEqual(decodeEnvelope(encodeEnvelope(one)), one);
      }),
    );
  });

  it('has one encoding: what can be decoded is encoded to the same bytes', () => {
    fc.assert(
      fc.property(envelope, fc.nat(ENVELOPE_SIZE - 1), fc.nat(7), (one, at, bit) => {
        const bytes = encodeEnvelope(one);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        const read = tryDecode(bytes);
        if (read !== undefined) assert.deepEqual(encodeEnvelope(read), bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('is read from the middle of a larger buffer', () => {
    const padded = new Uint8Array([9, 9, 9, ...bytesOf(cases[0])]);
    assert.equal(decodeEnvelope(padded.subarray(3)).time, time_ms);
  });

  it('has no commitment where its payload is public', () => {
    const [vector] = cases;
    assert.ok(vector !== undefined);
    const bytes = encodeEnvelope({ ...envelopeOf(vector), publicPayload: Uint8Array.of(123, 125) });
    assert.equal(hex(bytes.subarray(24, 56)), '00'.repeat(32));
    assert.equal(hex(bytes.subarray(88)), '7b7d');
  });
});

function tryDecode(bytes: Uint8Array): Envelope | undefined {
  try {
    return decodeEnvelope(bytes);
  } catch (error) {
    assert.ok(error instanceof RangeError);
    return undefined;
  }
}

describe('a hostile envelope is refused', () => {
  const secret = bytesOf(cases[0]);
  const open = encodeEnvelope({
    ...decodeEnvelope(secret),
    commitment: new Uint8Array(32),
    publicPayload: Uint8Array.of(123, 125),
  });
  /** Every bit of the magic, the flags and the reserved bytes, but that of the clamped clock. */
  const guarded = [0, 1, 2, 3, 5, 6, 7].flatMap((at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => ({ at, bit })),
  );

  for (const [name, bytes] of [
    ['secret', secret],
    ['public', open],
  ] as const)
    it(`with any one bit of a ${name} one's magic, flags or reserved bytes changed`, () => {
      for (const { at, bit } of guarded) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        if (at === 5 && bit === 1) assert.ok(decodeEnvelope(changed).isClockClamped);
        else assert.throws(() => decodeEnvelope(changed), RangeError, `byte ${at}, bit ${bit}`);
      }
    });

  it('when it is cut short anywhere', () => {
    for (let length = 0; length < ENVELOPE_SIZE; length += 1)
      assert.throws(() => decodeEnvelope(secret.subarray(0, length)), RangeError);
  });

  it('when bytes follow that no flag announces', () => {
    assert.throws(() => decodeEnvelope(new Uint8Array([...secret, 0])), /byte 88/);
  });

  it('when its public payload is missing', () => {
    assert.throws(() => decodeEnvelope(open.subarray(0, ENVELOPE_SIZE)), /byte 88/);
  });

  it('when it is public and has a commitment too', () => {
    for (const at of [24, 40, 55]) {
      const changed = open.slice();
      changed[at] = 1;
      assert.throws(() => decodeEnvelope(changed), /byte 24/);
    }
  });

  for (const at of [8, 16])
    it(`when the time at byte ${at} is no safe integer`, () => {
      const changed = secret.slice();
      changed.set([0, 0x20, 0, 0, 0, 0, 0, 0], at); // 2^53
      assert.throws(() => decodeEnvelope(changed), new RegExp(`byte ${at}`));
      changed.set([0, 0x1f, 255, 255, 255, 255, 255, 255], at); // 2^53 − 1
      assert.doesNotThrow(() => decodeEnvelope(changed));
      changed[at] = 255;
      assert.throws(() => decodeEnvelope(changed), RangeError);
    });
});

describe('a tag', () => {
  const key = unhex(account_key);

  it('differs for every number, key and kind', () => {
    const tags = [
      tagOf(sha256, 'account', key, 0),
      tagOf(sha256, 'account', key, 1),
      tagOf(sha256, 'account', key, 256),
      tagOf(sha256, 'account', key, 2 ** 40),
      tagOf(sha256, 'account', unhex(actor_key), 0),
      tagOf(sha256, 'actor', key, 0),
    ].map(hex);
    assert.equal(new Set(tags).size, tags.length);
  });

  it('has 16 bytes', () => assert.equal(tagOf(sha256, 'actor', key, 7).length, 16));
});
