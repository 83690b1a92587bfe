import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLocalJWKSet, SignJWT } from 'jose';
import {
  type AssertionChecks,
  AssertionRefused,
  gatewayKeys,
  type RefusalReason,
  verifyAssertion,
} from '../../src/upstream/index.ts';
import { AUDIENCE, goodClaims, ISSUER, makeGatewayDouble } from './gateway-double.ts';

const gateway = await makeGatewayDouble();
const checks: AssertionChecks = { issuer: ISSUER, audience: AUDIENCE, keys: gateway.keys };

async function refuses(
  token: string,
  reason: RefusalReason,
  more: Partial<AssertionChecks> = {},
): Promise<void> {
  await assert.rejects(verifyAssertion(token, { ...checks, ...more }), (error: unknown) => {
    assert.ok(error instanceof AssertionRefused, String(error));
    assert.equal(error.reason, reason, error.message);
    return true;
  });
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('verifyAssertion accepts', () => {
  it('a person whose provider names no e-mail', async () => {
    const { email } = await verifyAssertion(await gateway.assert({ email: undefined }), checks);
    assert.equal(email, undefined);
  });

  it('what the gateway signed with ES256, and nothing but the claims it knows', async () => {
    const assertion = await verifyAssertion(await gateway.assert({ admin: true }), checks);
    assert.deepEqual(Object.keys(assertion).sort(), [
      'account',
      'basis',
      'email',
      'expiresAt',
      'id',
      'issuedAt',
      'name',
      'scope',
      'subject',
      'visit',
    ]);
    assert.equal(assertion.subject, 'staff-17');
    assert.deepEqual(assertion.basis, { kind: 'grant', id: 'grant-1' });
  });

  it('what the gateway signed with EdDSA', async () => {
    const other = await makeGatewayDouble('EdDSA');
    const assertion = await verifyAssertion(await other.assert(), { ...checks, keys: other.keys });
    assert.equal(assertion.account, 'acme');
  });

  it('an assertion that ended within the tolerance between two clocks', async () => {
    const now = Math.floor(Date.now() / 1000);
    const token = await gateway.assert({ iat: now - 63, exp: now - 3 });
    assert.equal((await verifyAssertion(token, checks)).scope, 'read');
  });

  it('the account that is required', async () => {
    const token = await gateway.assert();
    assert.equal((await verifyAssertion(token, { ...checks, account: 'acme' })).account, 'acme');
  });
});

describe('verifyAssertion refuses', () => {
  it('what is no signed token', async () => {
    for (const token of ['', 'x', 'a.b', 'a.b.c.d.e', 'Bearer a.b.c', 'a.b.c, a.b.c', 'é.b.c']) {
      await refuses(token, 'malformed');
    }
    await refuses('eyJ.eyJ.AAAA', 'malformed');
    await refuses(`${encode({ alg: 'ES256' })}.${'A'.repeat(9_000)}.AAAA`, 'malformed');
  });

  it('a token that is not signed at all', async () => {
    await refuses(`${encode({ alg: 'none' })}.${encode(goodClaims())}.`, 'algorithm');
    await refuses(`${encode({ alg: 'None' })}.${encode(goodClaims())}.AAAA`, 'algorithm');
  });

  it('a token signed with the published key as if it were a shared secret', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(gateway.jwks.keys[0]));
    const token = await new SignJWT(goodClaims())
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
      .sign(secret);
    await refuses(token, 'algorithm');
  });

  it('an algorithm that is not agreed on, even if the key set holds such a key', async () => {
    const rsa = await makeGatewayDouble('RS256');
    await refuses(await rsa.assert(), 'algorithm', { keys: rsa.keys });
  });

  it('a critical header it does not understand', async () => {
    const [, payload, signature] = (await gateway.assert()).split('.');
    const header = encode({ alg: 'ES256', kid: 'key-1', crit: ['exotic'], exotic: 1 });
    await refuses(`${header}.${payload}.${signature}`, 'algorithm');
  });

  it('a key the gateway does not publish', async () => {
    await refuses(await gateway.assert({}, { kid: 'key-2' }), 'key');
    await refuses(await gateway.assert(), 'key', { keys: createLocalJWKSet({ keys: [] }) });
  });

  it("another gateway's signature under a key id of ours", async () => {
    const other = await makeGatewayDouble();
    await refuses(await other.assert(), 'signature');
  });

  it('claims changed after signing', async () => {
    const [header, , signature] = (await gateway.assert()).split('.');
    const forged = encode({ ...goodClaims(), account: 'globex' });
    await refuses(`${header}.${forged}.${signature}`, 'signature');
  });

  it("another gateway's name", async () => {
    await refuses(await gateway.assert({ iss: 'http://elsewhere.localhost' }), 'issuer');
    await refuses(await gateway.assert({ iss: `${ISSUER}/` }), 'issuer');
    await refuses(await gateway.assert({ iss: undefined }), 'issuer');
  });

  it('what is meant for another application, or for several', async () => {
    await refuses(await gateway.assert({ aud: 'billing' }), 'audience');
    await refuses(await gateway.assert({ aud: undefined }), 'audience');
    await refuses(await gateway.assert({ aud: [AUDIENCE, 'billing'] }), 'audience');
  });

  it('an assertion that has expired', async () => {
    const now = Math.floor(Date.now() / 1000);
    await refuses(await gateway.assert({ iat: now - 70, exp: now - 10 }), 'expired');
    const token = await gateway.assert({ iat: now - 60, exp: now });
    await refuses(token, 'expired', { clockToleranceSeconds: 0, now: new Date(now * 1000) });
  });

  it('an assertion from the future', async () => {
    const now = Math.floor(Date.now() / 1000);
    await refuses(await gateway.assert({ iat: now + 30, exp: now + 60 }), 'not-yet-valid');
    await refuses(await gateway.assert({ nbf: now + 30 }), 'not-yet-valid');
  });

  it('a lifetime the gateway never gives', async () => {
    const now = Math.floor(Date.now() / 1000);
    await refuses(await gateway.assert({ iat: now, exp: now + 61 }), 'claims');
    await refuses(await gateway.assert({ iat: now, exp: now }), 'claims');
    await refuses(await gateway.assert({ exp: undefined }), 'claims');
    await refuses(await gateway.assert({ iat: undefined }), 'claims');
    await refuses(await gateway.assert({ exp: now + 30.5 }), 'claims');
  });

  it("another account's assertion", async () => {
    await refuses(await gateway.assert(), 'account', { account: 'globex' });
    await refuses(await gateway.assert(), 'account', { account: 'ACME' });
    await refuses(await gateway.assert(), 'account', { account: '' });
  });

  for (const claim of ['sub', 'email', 'name', 'account', 'visit', 'basis', 'scope', 'jti']) {
    it(`an assertion whose ${claim} is missing or has another shape`, async () => {
      for (const value of [undefined, null, '', 7, true, [], ['x'], {}]) {
        if (claim === 'email' && value === undefined) continue;
        await refuses(await gateway.assert({ [claim]: value }), 'claims');
      }
    });
  }

  it('a basis or a scope outside the two there are', async () => {
    await refuses(await gateway.assert({ basis: { kind: 'favour', id: '1' } }), 'claims');
    await refuses(await gateway.assert({ basis: { kind: 'grant', id: '' } }), 'claims');
    await refuses(await gateway.assert({ basis: { kind: 'grant' } }), 'claims');
    await refuses(await gateway.assert({ scope: 'admin' }), 'claims');
    await refuses(await gateway.assert({ scope: ['read', 'write'] }), 'claims');
  });

  it('everything while the keys cannot be fetched', async () => {
    const token = await gateway.assert();
    const unreachable = gatewayKeys(ISSUER, async () => {
      throw new Error('connection refused');
    });
    await refuses(token, 'keys-unavailable', { keys: unreachable });
    const broken = gatewayKeys(ISSUER, async () => new Response('{}'));
    await refuses(token, 'keys-unavailable', { keys: broken });
    const failing = gatewayKeys(ISSUER, async () => new Response('', { status: 500 }));
    await refuses(token, 'keys-unavailable', { keys: failing });
  });
});

describe('gatewayKeys', () => {
  it('asks the issuer once, however many assertions follow', async () => {
    const asked: string[] = [];
    const keys = gatewayKeys(ISSUER, async (url) => {
      asked.push(url);
      return Response.json(gateway.jwks);
    });
    const token = await gateway.assert();
    await verifyAssertion(token, { ...checks, keys });
    await verifyAssertion(token, { ...checks, keys });
    assert.deepEqual(asked, [`${ISSUER}/.well-known/jwks.json`]);
  });
});
