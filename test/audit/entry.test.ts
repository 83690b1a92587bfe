import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SECTIONS, commitTo } from '../../src/audit/content.ts';
import { type PreparedEntry, prepareEntry } from '../../src/audit/entry.ts';
import { KINDS } from '../../src/audit/envelope.ts';
import type { AccessAttempted, AccessRefused, Event } from '../../src/domain/event.ts';
import { EVERY_EVENT } from '../support/every-event.ts';
import { hex, sha256 } from '../support/sha256.ts';
import { accessRequest, HOUR, NOON } from '../support/specimens.ts';

function prepare(event: Event): PreparedEntry {
  let salts = 0;
  const salt = (): Uint8Array => new Uint8Array(16).fill((salts += 1));
  return prepareEntry(event, { sha256, salt });
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array());
}

type Fields = Readonly<Record<string, unknown>>;

function sectionsOf(entry: PreparedEntry): Readonly<Record<string, Fields>> {
  return Object.fromEntries(
    Object.entries(entry.content).map(([name, { bytes }]) => [
      name,
      JSON.parse(text(bytes)) as Fields,
    ]),
  );
}

const attempted = EVERY_EVENT['access.attempted'];
const refused = EVERY_EVENT['access.refused'];

function attemptWith(request: Partial<AccessAttempted['request']>): AccessAttempted {
  return { ...attempted, request: { ...attempted.request, ...request } };
}

function refusalWith(over: Partial<AccessRefused>): AccessRefused {
  return { ...refused, ...over };
}

describe('every event', () => {
  for (const event of Object.values(EVERY_EVENT)) {
    if (prepare(event).publicPayload !== undefined) continue;
    it(`${event.event}: each of its fields is kept in exactly one section`, () => {
      const { actor, net, ...rest } = sectionsOf(prepare(event));
      assert.deepEqual(actor, event.actor);
      assert.deepEqual(net, event.network);
      const kept = Object.values(rest).flatMap((fields) => Object.entries(fields));
      const given = Object.entries(event).filter(
        ([field]) => !['permit', 'actor', 'network'].includes(field),
      );
      const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
      assert.deepEqual(kept.toSorted(byName), given.toSorted(byName));
    });

    it(`${event.event}: is committed to with a fresh salt for each section`, () => {
      const entry = prepare(event);
      assert.equal(hex(entry.commitment), hex(commitTo(sha256, entry.content)));
      const salts = Object.values(entry.content).map(({ salt }) => hex(salt));
      assert.equal(new Set(salts).size, Object.keys(entry.content).length);
    });
  }

  it('names its account and its actor for the tags, the gateway excepted', () => {
    assert.equal(prepare(attempted).account, 'acme');
    assert.equal(prepare(attempted).actor, '["https://staff.example","sam"]');
    assert.equal(prepare(EVERY_EVENT['gateway.started']).actor, undefined);
    assert.equal(prepare(EVERY_EVENT['session.started']).account, undefined);
  });
});

describe('a permit', () => {
  it('is never written', () => {
    const { content, publicPayload } = prepare(attempted);
    const written = SECTIONS.map((name) => text(content[name]?.bytes)).join();
    assert.equal(publicPayload, undefined);
    assert.doesNotMatch(written, /permit|idleMs|verifiedEmail/);
  });
});

describe('what is personal', () => {
  it('stands in no section that others may see', () => {
    const { action, subject } = sectionsOf(prepare(attempted));
    assert.doesNotMatch(JSON.stringify([action, subject]), /sam|192\.0\.2|customer/i);
  });

  it('stands in its own: purpose and ticket under reason, the account under subject', () => {
    const { reason, subject } = sectionsOf(prepare(attempted));
    assert.deepEqual(Object.keys(reason ?? {}), ['purpose', 'ticket']);
    assert.deepEqual(Object.keys(subject ?? {}), ['account', 'basis', 'upstream', 'visit']);
  });
});

describe('a public entry', () => {
  for (const name of [
    'log.recovered',
    'log.key-rotated',
    'retention.erased',
    'log.heartbeat',
  ] as const)
    it(`${name}: says everything in its payload, and commits to nothing`, () => {
      const { publicPayload, commitment, content } = prepare(EVERY_EVENT[name]);
      const { actor, ...said } = EVERY_EVENT[name];
      assert.equal(actor.realm, 'gateway');
      assert.deepEqual(JSON.parse(text(publicPayload)), said);
      assert.deepEqual(content, {});
      assert.equal(hex(commitment), '00'.repeat(32));
    });
});

describe('the first entry', () => {
  const entry = prepare(EVERY_EVENT['log.begun']);

  it('is public: its text follows the envelope, and nothing is committed to', () => {
    assert.equal(entry.kind, KINDS.genesis);
    assert.equal(
      text(entry.publicPayload),
      '{"event":"log.begun","format":"sallyport-log/v1","origin":"log.example/1"}',
    );
    assert.deepEqual(entry.content, {});
    assert.equal(hex(entry.commitment), '00'.repeat(32));
  });
});

describe('what an entry states', () => {
  it('ends when the grant or the sign-in ends, and is kept from then on', () => {
    assert.equal(prepare(EVERY_EVENT['grant.issued']).statesUntil, NOON + HOUR);
    assert.equal(prepare(EVERY_EVENT['grant.changed']).statesUntil, NOON + HOUR);
    for (const name of [
      'session.started',
      'session.ended',
      'visit.opened',
      'visit.closed',
    ] as const)
      assert.equal(prepare(EVERY_EVENT[name]).statesUntil, NOON + 12 * HOUR);
  });

  it('that ended early is kept as long as what it ended', () => {
    assert.equal(prepare(EVERY_EVENT['grant.revoked']).statesUntil, NOON + HOUR);
  });

  it('ends when an access request would have expired, however it was answered', () => {
    for (const name of ['submitted', 'approved', 'denied', 'withdrawn'] as const)
      assert.equal(
        prepare(EVERY_EVENT[`access-request.${name}`]).statesUntil,
        accessRequest().expiresAt,
      );
  });

  it('is in force until another policy is loaded', () => {
    assert.equal(prepare(EVERY_EVENT['policy.loaded']).statesUntil, 'open');
  });

  it('ends at once otherwise', () => {
    assert.equal(prepare(attempted).statesUntil, undefined);
  });
});

describe('a section over 8 KiB', () => {
  const long = 'x'.repeat(9000);

  it('has its longest field replaced by its length and digest', () => {
    const { reason } = sectionsOf(prepare(refusalWith({ purpose: long })));
    const written = new TextEncoder().encode(JSON.stringify(long));
    assert.deepEqual(reason, {
      purpose: { len: 9002, sha256: hex(sha256(written)) },
      reason: 'no-basis',
      ticket: 'T-1',
    });
  });

  it('keeps a field that just fits', () => {
    const room = 8192 - prepareSize(refusalWith({ purpose: '' }));
    assert.equal(prepareSize(refusalWith({ purpose: 'x'.repeat(room) })), 8192);
    const { reason } = sectionsOf(prepare(refusalWith({ purpose: 'x'.repeat(room + 1) })));
    assert.equal(typeof reason?.['purpose'], 'object');
  });

  it('counts bytes, not characters', () => {
    const { reason } = sectionsOf(prepare(refusalWith({ purpose: '€'.repeat(3000) })));
    assert.equal(typeof reason?.['purpose'], 'object');
  });

  it('replaces as many as it must, longest first', () => {
    const { reason } = sectionsOf(
      prepare(refusalWith({ purpose: `${long}y`, ticket: long, reason: 'no-basis' })),
    );
    assert.equal(typeof reason?.['purpose'], 'object');
    assert.equal(typeof reason?.['ticket'], 'object');
    assert.equal(reason?.['reason'], 'no-basis');
  });

  it('still tells the method and the path when a query is long', () => {
    const { action } = sectionsOf(prepare(attemptWith({ path: '/secrets', query: long })));
    const request = action?.['request'] as Fields;
    assert.equal(request['method'], 'GET');
    assert.equal(request['path'], '/secrets');
    assert.deepEqual(Object.keys(request['query'] as Fields), ['len', 'sha256']);
  });

  it('still tells the method when path and query are long', () => {
    const { action } = sectionsOf(prepare(attemptWith({ path: `/${long}`, query: long })));
    const request = action?.['request'] as Fields;
    assert.equal(request['method'], 'GET');
    assert.deepEqual(Object.keys(request['path'] as Fields), ['len', 'sha256']);
  });

  it('is committed to as it is written', () => {
    const entry = prepare(attemptWith({ query: long }));
    assert.equal(hex(entry.commitment), hex(commitTo(sha256, entry.content)));
    for (const section of Object.values(entry.content)) assert.ok(section.bytes.length <= 8192);
  });

  it('of a loaded policy is kept whole: replay rests on it', () => {
    const loaded = EVERY_EVENT['policy.loaded'];
    const { action } = sectionsOf(prepare({ ...loaded, rules: 'p'.repeat(40_000) }));
    assert.equal(String(action?.['rules']).length, 40_000);
  });
});

function prepareSize(event: Event): number {
  return prepare(event).content.reason?.bytes.length ?? 0;
}

describe('the bytes of strangers', () => {
  it('become well-formed text before they are committed to', () => {
    const entry = prepare({ ...attempted, network: { ip: '::1', userAgent: 'a\ud800b' } });
    assert.equal(sectionsOf(entry)['net']?.['userAgent'], 'a\ufffdb');
  });

  it('do not break out of their string', () => {
    const userAgent = '","ip":"203.0.113.9"}\r\n\u0000\u2028';
    const entry = prepare({ ...attempted, network: { ip: '::1', userAgent } });
    assert.deepEqual(sectionsOf(entry)['net'], { ip: '::1', userAgent });
  });
});

describe('what cannot be recorded faithfully', () => {
  const finished = EVERY_EVENT['access.finished'];
  for (const [what, event] of [
    ['a fraction', { ...finished, durationMs: 1.5 }],
    ['what is no number', { ...finished, bytesOut: Number.NaN }],
    ['a function', { ...finished, status: (() => 200) as unknown as number }],
  ] as const)
    it(`is refused: ${what}`, () => assert.throws(() => prepare(event), TypeError));
});
