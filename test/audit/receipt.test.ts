import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestSections } from '../../src/audit/content.ts';
import { disclose } from '../../src/audit/disclosed.ts';
import { encodeEnvelope, KINDS } from '../../src/audit/envelope.ts';
import { formatReceipt, parseReceipt, verifyReceipt } from '../../src/audit/receipt.ts';
import type { SectionName } from '../../src/audit/content.ts';
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts';
import { hashLeaf } from '../../src/tlog/hash.ts';
import { signNote } from '../../src/tlog/note.ts';
import { formatTlogProof } from '../../src/tlog/tlog-proof.ts';
import { prepare } from '../support/acts.ts';
import { sha256 } from '../support/sha256.ts';
import { ACME } from '../support/specimens.ts';
import { keyFor, signerFor, verifyEd25519 } from '../tlog/ed25519.ts';

const ORIGIN = 'log.example/1';
const trust = { origin: ORIGIN, logKeys: [keyFor(ORIGIN).verifier] };
const by = { sha256, verifyEd25519 };

const prepared = prepare({
  event: 'access.refused',
  actor: { realm: 'staff', issuer: 'https://staff.example', subject: 'sam' },
  network: { ip: '192.0.2.7' },
  account: ACME,
  reason: 'no-basis',
});
const tag = new Uint8Array(16);
const tags = { accountTag: tag, actorTag: tag };
const head = {
  kind: KINDS['access.refused'],
  isClockClamped: false,
  time: 1000,
  retainUntil: 2000,
  ...tags,
};
const entry = encodeEnvelope({ ...head, commitment: prepared.commitment });

/** The only entry of a log that has signed it, whatever it is. */
function proofOf(of: Uint8Array, extra: Uint8Array | undefined): Uint8Array {
  const root = hashLeaf(sha256, of);
  const checkpoint = signNote(formatCheckpoint({ origin: ORIGIN, size: 1, root }), [
    signerFor(ORIGIN),
  ]);
  return formatTlogProof({ extra, index: 0, hashes: [], checkpoint });
}

function receiptOf(of: Uint8Array, mayShow: (name: SectionName) => boolean): Uint8Array {
  const { sections } = disclose(sha256, prepared.content, mayShow);
  const digests = digestSections(sha256, prepared.content);
  const checkpoint = parseReceipt(proofOf(of, extraOf({}))).checkpoint;
  return formatReceipt({
    index: 0,
    entry: of,
    content: { sections, digests },
    hashes: [],
    checkpoint,
  });
}

const ABSENT = '00'.repeat(32);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Extra data that can be read, but for what is said otherwise. */
function extraOf(over: object): Uint8Array {
  const digests = [ABSENT, ABSENT, ABSENT, ABSENT, ABSENT];
  return Buffer.from(
    JSON.stringify({ digests, entry: hexOf(entry), salts: {}, sections: {}, ...over }),
  );
}

describe('a receipt', () => {
  it('is read back as it was written', () => {
    const read = parseReceipt(receiptOf(entry, () => true));
    assert.deepEqual(read.content.sections.action?.bytes, prepared.content.action?.bytes);
    assert.deepEqual(read.content.digests, digestSections(sha256, prepared.content));
    assert.deepEqual(
      formatReceipt(read),
      receiptOf(entry, () => true),
    );
  });

  it('verifies with any of its sections hidden', () => {
    for (const hidden of ['action', 'actor', 'net', 'reason', 'subject']) {
      const { record, checkpoint } = verifyReceipt(
        by,
        trust,
        receiptOf(entry, (name) => name !== hidden),
      );
      assert.equal(record.event, hidden === 'action' ? 'erased' : 'access.refused');
      assert.equal(checkpoint.size, 1);
    }
  });

  it('is refused if the log is not the one that is trusted', () => {
    const receipt = receiptOf(entry, () => true);
    const other = { origin: 'other.example', logKeys: [keyFor('other.example').verifier] };
    assert.throws(() => verifyReceipt(by, other, receipt), { reason: 'signature-missing' });
  });

  it('is refused if another entry was signed', () => {
    const other = encodeEnvelope({ ...head, time: 999, commitment: prepared.commitment });
    const read = parseReceipt(receiptOf(entry, () => true));
    const swapped = formatReceipt({ ...read, entry: other });
    assert.throws(() => verifyReceipt(by, trust, swapped), { reason: 'root-differs' });
  });

  it('is refused if the content is another entry’s', () => {
    const foreign = encodeEnvelope({ ...head, commitment: new Uint8Array(32).fill(7) });
    assert.throws(
      () =>
        verifyReceipt(
          by,
          trust,
          receiptOf(foreign, () => true),
        ),
      {
        reason: 'proof-malformed',
      },
    );
  });

  it('is refused if a public entry comes with a content', () => {
    const payload = Buffer.from('{"event":"log.heartbeat"}');
    const bare = encodeEnvelope({
      ...head,
      commitment: new Uint8Array(32),
      publicPayload: payload,
    });
    const receipt = proofOf(bare, extraOf({ entry: hexOf(bare) }));
    assert.equal(verifyReceipt(by, trust, receipt).record.event, 'log.heartbeat');
    for (const over of [
      { digests: [ABSENT, ABSENT, ABSENT, ABSENT, '11'.repeat(32)] },
      { sections: { action: '{}' }, salts: { action: '22'.repeat(16) } },
    ])
      assert.throws(
        () => verifyReceipt(by, trust, proofOf(bare, extraOf({ entry: hexOf(bare), ...over }))),
        { reason: 'proof-malformed' },
      );
  });

  it('is refused if the entry is none, whoever signed it', () => {
    for (const bytes of [Buffer.from('no entry'), entry.slice(0, 87), new Uint8Array(88)]) {
      const receipt = proofOf(bytes, extraOf({ entry: hexOf(bytes) }));
      assert.throws(() => verifyReceipt(by, trust, receipt), SyntaxError);
    }
  });

  it('is refused if a section is no object, whoever committed to it', () => {
    const payload = Buffer.from('[1]');
    const bare = encodeEnvelope({
      ...head,
      commitment: new Uint8Array(32),
      publicPayload: payload,
    });
    const receipt = proofOf(bare, extraOf({ entry: hexOf(bare) }));
    assert.throws(() => verifyReceipt(by, trust, receipt), SyntaxError);
  });

  it('is refused unless its extra data are exactly what they have to be', () => {
    const bad: readonly (Uint8Array | undefined)[] = [
      undefined,
      Buffer.from('no json'),
      Buffer.from([0xff]),
      Buffer.from('[]'),
      extraOf({ entry: undefined }),
      extraOf({ entry: 'AB' }),
      extraOf({ entry: `${hexOf(entry)}0` }),
      extraOf({ entry: hexOf(entry).toUpperCase() }),
      extraOf({ digests: undefined }),
      extraOf({ digests: [ABSENT] }),
      extraOf({ digests: [ABSENT, ABSENT, ABSENT, ABSENT, 'x'] }),
      extraOf({ sections: { action: '{}' } }),
      extraOf({ salts: { action: '22'.repeat(16) } }),
      extraOf({ sections: { other: '{}' }, salts: { other: '22'.repeat(16) } }),
      extraOf({ more: 1 }),
      Buffer.concat([extraOf({}), Buffer.from(' ')]),
    ];
    for (const extra of bad)
      assert.throws(() => parseReceipt(proofOf(entry, extra)), SyntaxError, String(extra));
  });
});
