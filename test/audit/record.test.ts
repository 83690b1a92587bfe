import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prepareEntry } from '../../src/audit/entry.ts';
import { type AuditRecord, readRecord } from '../../src/audit/record.ts';
import type { Event, EventName } from '../../src/domain/event.ts';
import { EVERY_EVENT } from '../support/every-event.ts';
import { sha256 } from '../support/sha256.ts';
import { NOON } from '../support/specimens.ts';

function recordOf(event: Event, index = 4711): AuditRecord {
  const entry = prepareEntry(event, { sha256, salt: () => new Uint8Array(16) });
  const content = Object.fromEntries(
    Object.entries(entry.content).map(([name, { bytes }]) => [name, bytes]),
  );
  return readRecord({ index, time: NOON, publicPayload: entry.publicPayload }, content);
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Whose entry has no room for an actor: it is the gateway. */
const PUBLIC: ReadonlySet<EventName> = new Set([
  'log.begun',
  'log.recovered',
  'log.key-rotated',
  'log.heartbeat',
  'retention.erased',
]);

describe('a record', () => {
  it('has the shape the contract gives it', () => {
    assert.deepEqual(recordOf(EVERY_EVENT['access.attempted']), {
      index: 4711,
      at: '2026-11-23T12:00:00.000Z',
      event: 'access.attempted',
      account: 'acme',
      actor: {
        realm: 'staff',
        issuer: 'https://staff.example',
        subject: 'sam',
        name: 'Sam Support',
        email: 'sam@corp.example',
        roles: ['support'],
        session: '018f0000-0000-7000-8000-000000000001',
      },
      access: 'read',
      basis: { kind: 'grant', id: '018f0000-0000-7000-8000-00000000000a' },
      visit: '018f0000-0000-7000-8000-0000000000f1',
      purpose: 'The customer cannot see an invoice.',
      ticket: 'T-123',
      request: { method: 'GET', path: '/invoices/1042', query: 'page=2', noun: 'invoice 1042' },
      network: { ip: '192.0.2.10', userAgent: 'Firefox' },
      upstream: 'console',
      policy: 'sha256:00',
      rule: 'p, support, content, read, grant, allow',
    });
  });

  for (const event of Object.values(EVERY_EVENT))
    it(`of ${event.event} tells every field of the event again`, () => {
      const untold = PUBLIC.has(event.event) ? ['actor'] : ['permit'];
      const expected = Object.fromEntries(
        Object.entries(event).filter(([field]) => !untold.includes(field)),
      );
      const { index, at, ...rest } = recordOf(event);
      assert.equal(index, 4711);
      assert.equal(at, '2026-11-23T12:00:00.000Z');
      assert.deepEqual(rest, expected);
    });

  it('whose content has been erased tells its index, its time and that', () => {
    const erased = readRecord({ index: 3, time: NOON, publicPayload: undefined }, {});
    assert.deepEqual(erased, { index: 3, at: '2026-11-23T12:00:00.000Z', event: 'erased' });
  });

  it('of which some sections are withheld tells the others', () => {
    const entry = { index: 3, time: NOON, publicPayload: undefined };
    const record = readRecord(entry, { action: bytes('{"event":"access.finished","status":200}') });
    assert.deepEqual(record, {
      index: 3,
      at: '2026-11-23T12:00:00.000Z',
      event: 'access.finished',
      status: 200,
    });
  });
});

describe('a stored section is refused', () => {
  for (const [what, section] of [
    ['when it is an array', bytes('[]')],
    ['when it is a string', bytes('"x"')],
    ['when it is null', bytes('null')],
    ['when it is no JSON', bytes('{')],
    ['when it is empty', bytes('')],
    ['when it is no UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)],
  ] as const)
    it(what, () => {
      const entry = { index: 0, time: NOON, publicPayload: undefined };
      assert.throws(() => readRecord(entry, { action: section }));
      assert.throws(() => readRecord({ ...entry, publicPayload: section }, {}));
    });
});
