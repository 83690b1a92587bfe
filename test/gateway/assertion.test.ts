import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWK } from 'jose';
import type { Permit } from '../../src/domain/decision.ts';
import type { GrantId, VisitId } from '../../src/domain/ids.ts';
import { AssertionSigner, type KeyBoard } from '../../src/gateway/assertion.ts';
import type { PublishedKey } from '../../src/store/store.ts';
import { verifyAssertion } from '../../src/upstream/index.ts';
import { HOUR, MINUTE, NOON, permit, staff, visit } from '../support/specimens.ts';

const ISSUER = 'http://sallyport.localhost:8080';

/** The keys of all instances, in memory. */
class Board implements KeyBoard {
  readonly keys: PublishedKey[] = [];
  isAway = false;

  publish(key: PublishedKey): Promise<void> {
    if (this.isAway) return Promise.reject(new Error('the store is away'));
    this.keys.push(key);
    return Promise.resolve();
  }

  published(): Promise<readonly PublishedKey[]> {
    return Promise.resolve(this.keys);
  }
}

function verify(board: Board, token: string, at = NOON, audience = 'console') {
  const keys = board.keys.map((key): JWK => JSON.parse(key.jwk));
  return verifyAssertion(token, {
    issuer: ISSUER,
    audience,
    keys: createLocalJWKSet({ keys }),
    account: 'acme',
    clockToleranceSeconds: 0,
    now: new Date(at),
  });
}

describe('an assertion', () => {
  it('says who, where, for what and how long, and the verifier of applications believes it', async () => {
    const board = new Board();
    const signer = new AssertionSigner(ISSUER, board);
    const token = await signer.assert(permit(), 'console', NOON);
    const said = await verify(board, token);
    assert.equal(said.subject, 'sam');
    assert.equal(said.email, 'sam@corp.example');
    assert.equal(said.name, 'Sam Support');
    assert.equal(said.account, 'acme');
    assert.equal(said.visit, visit().id);
    assert.deepEqual(said.basis, permit().basis);
    assert.equal(said.scope, 'read');
    assert.equal(said.expiresAt.getTime(), NOON + MINUTE);
  });

  it('names somebody without a name by e-mail, or by subject', async () => {
    const nameOf = async (over: Parameters<typeof staff>[0]) => {
      const signer = new AssertionSigner(ISSUER, new Board());
      const of = permit({ visit: visit({ principal: staff(over) }) });
      return decodeJwt(await signer.assert(of, 'console', NOON))['name'];
    };
    assert.equal(await nameOf({ name: undefined }), 'sam@corp.example');
    assert.equal(await nameOf({ name: undefined, email: undefined }), 'sam');
  });

  for (const audience of ['Console', 'api', ''])
    it(`is refused by an application called ${JSON.stringify(audience)}`, async () => {
      const board = new Board();
      const token = await new AssertionSigner(ISSUER, board).assert(permit(), 'console', NOON);
      await assert.rejects(verify(board, token, NOON, audience), { reason: 'audience' });
    });

  it('is over after a minute', async () => {
    const board = new Board();
    const token = await new AssertionSigner(ISSUER, board).assert(permit(), 'console', NOON);
    await verify(board, token, NOON + MINUTE - 1);
    await assert.rejects(verify(board, token, NOON + MINUTE), { reason: 'expired' });
  });

  it('is never good for longer than a minute, nor past the end of its basis', async () => {
    for (const left of [400, 999, 1000, 1500, 29_999, 30_000, 59_999, MINUTE, MINUTE + 1, HOUR])
      for (const at of [NOON, NOON + 1, NOON + 500, NOON + 999]) {
        const signer = new AssertionSigner(ISSUER, new Board());
        const token = await signer.assert(permit({ expiresAt: at + left }), 'console', at);
        const { iat = Infinity, exp = Infinity } = decodeJwt(token);
        assert.ok(exp - iat <= 60, `${left} ${at}`);
        assert.ok(exp * 1000 <= at + left, `${left} ${at}`);
        assert.ok(iat * 1000 <= at && iat <= exp);
      }
  });
});

describe('an assertion is used again', () => {
  const signer = new AssertionSigner(ISSUER, new Board());
  const assertAt = (of: Permit, at: number, upstream = 'console') =>
    signer.assert(of, upstream, at);

  it('within the minute, by the same visit on the same basis at the same application', async () => {
    const first = await assertAt(permit(), NOON);
    assert.equal(await assertAt(permit(), NOON + 1000), first);
    assert.equal(await assertAt(permit(), NOON + 29_000), first);
  });

  it('not when less than half of it is left', async () => {
    const first = await assertAt(permit(), NOON + HOUR / 2);
    const second = await assertAt(permit(), NOON + HOUR / 2 + 31_000);
    assert.notEqual(second, first);
    assert.equal(decodeJwt(second).exp, (NOON + HOUR / 2 + 31_000 + MINUTE) / 1000);
  });

  it('not by another visit, on another basis, with another scope, or elsewhere', async () => {
    const others: [Permit, string][] = [
      [
        permit({ visit: visit({ id: '018f0000-0000-7000-8000-0000000000f2' as VisitId }) }),
        'console',
      ],
      [
        permit({ basis: { kind: 'grant', id: '018f0000-0000-7000-8000-00000000000b' as GrantId } }),
        'console',
      ],
      [permit({ scope: 'write' }), 'console'],
      [permit(), 'api'],
    ];
    const first = await assertAt(permit(), NOON);
    const tokens = await Promise.all(others.map(([of, upstream]) => assertAt(of, NOON, upstream)));
    assert.equal(new Set([first, ...tokens]).size, 5);
  });

  it('not when its basis now ends before it does', async () => {
    await assertAt(permit(), NOON);
    const shortened = await assertAt(permit({ expiresAt: NOON + 10_000 }), NOON + 1000);
    assert.equal(decodeJwt(shortened).exp, (NOON + 10_000) / 1000);
  });

  it('to its very end if that is the end of its basis', async () => {
    const ending = permit({ expiresAt: NOON + 10_000, scope: 'write' });
    const first = await assertAt(ending, NOON);
    assert.equal(await assertAt(ending, NOON + 9000), first);
  });
});

describe('the key of an instance', () => {
  it('is published before it signs', async () => {
    const board = new Board();
    const signer = new AssertionSigner(ISSUER, board);
    const { promise: mayPublish, resolve } = Promise.withResolvers<void>();
    const publish = board.publish.bind(board);
    board.publish = async (key) => {
      await mayPublish;
      return publish(key);
    };
    let isSigned = false;
    const signing = signer.assert(permit(), 'console', NOON).then((token) => {
      isSigned = true;
      return token;
    });
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    assert.equal(isSigned, false);
    resolve();
    await verify(board, await signing);
  });

  it('signs nothing while it cannot be published, and is tried again', async () => {
    const board = new Board();
    board.isAway = true;
    const signer = new AssertionSigner(ISSUER, board);
    await assert.rejects(signer.assert(permit(), 'console', NOON));
    await assert.rejects(signer.keySet(NOON));
    board.isAway = false;
    await verify(board, await signer.assert(permit(), 'console', NOON));
  });

  it('is made once, however many ask first', async () => {
    const board = new Board();
    const signer = new AssertionSigner(ISSUER, board);
    await Promise.all([signer.assert(permit(), 'a', NOON), signer.assert(permit(), 'b', NOON)]);
    assert.equal(board.keys.length, 1);
  });

  it('is published without its private half', async () => {
    const board = new Board();
    const { keys } = await new AssertionSigner(ISSUER, board).keySet(NOON);
    const [key] = keys;
    assert.ok(key);
    assert.deepEqual(Object.keys(key).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('is renewed after twelve hours, and stays published until all it signed has run out', async () => {
    const board = new Board();
    const signer = new AssertionSigner(ISSUER, board);
    const late = NOON + 12 * HOUR - 1;
    await signer.keySet(NOON);
    const old = await signer.assert(permit({ expiresAt: NOON + 24 * HOUR }), 'console', late);
    const fresh = await signer.assert(permit({ expiresAt: NOON + 24 * HOUR }), 'api', late + 1);
    assert.notEqual(decodeProtectedHeader(old).kid, decodeProtectedHeader(fresh).kid);
    await verify(board, old, late + 1);
    const signedOld = board.keys.find(({ kid }) => kid === decodeProtectedHeader(old).kid);
    assert.ok((signedOld?.expiresAt ?? 0) > late + MINUTE);
  });

  it('stands in one set with those of other instances', async () => {
    const board = new Board();
    const one = new AssertionSigner(ISSUER, board);
    const other = new AssertionSigner(ISSUER, board);
    const tokens = [
      await one.assert(permit(), 'console', NOON),
      await other.assert(permit(), 'console', NOON),
    ];
    for (const signer of [one, other]) assert.equal((await signer.keySet(NOON)).keys.length, 2);
    for (const token of tokens) await verify(board, token);
  });
});
