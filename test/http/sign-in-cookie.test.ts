import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { EncryptJWT, UnsecuredJWT } from 'jose';
import { Socket } from 'node:net';
import { deriveKey } from '../../src/http/derived-key.ts';
import { createSignInCookie } from '../../src/http/sign-in-cookie.ts';
import { requestWith } from './requests.ts';

const NOW = Date.UTC(2026, 10, 23);
const CONTENT = { state: 's', returnTo: '/enter?account=acme' };
let now = NOW;

const options = { secret: 'a secret', scheme: 'https', now: () => now } as const;
const cookie = createSignInCookie(options);

async function put(content: object = CONTENT): Promise<string> {
  now = NOW;
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  await cookie.put(response, content);
  return String(response.getHeader('Set-Cookie'));
}

async function open(value: string): Promise<unknown> {
  return cookie.open(requestWith({ cookie: `__Host-sallyport-signin=${value}` }));
}

async function sealed(): Promise<string> {
  return /=([^;]*)/.exec(await put())?.[1] ?? '';
}

describe('the cookie of a sign-in under way', () => {
  it('is host-only, short-lived, for scripts invisible, and sent along by the provider’s redirect', async () => {
    assert.match(
      await put(),
      /^__Host-sallyport-signin=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  it('gives back what was sealed, and shows nobody else what it is', async () => {
    const value = await sealed();
    assert.deepEqual(await open(value), CONTENT);
    assert.ok(!Buffer.from(value, 'base64url').toString('latin1').includes('acme'));
  });

  it('fits into a browser with the longest way back', async () => {
    assert.ok((await put({ ...CONTENT, returnTo: `/${'a'.repeat(1_999)}` })).length < 4_096);
  });

  it('is taken back under the same name', () => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    cookie.clear(response);
    assert.match(
      String(response.getHeader('Set-Cookie')),
      /^__Host-sallyport-signin=; Max-Age=0; Path=\//,
    );
  });

  it('is good until ten minutes have passed', async () => {
    const value = await sealed();
    now = NOW + 599_000;
    assert.deepEqual(await open(value), CONTENT);
    now = NOW + 600_000;
    assert.equal(await open(value), undefined);
  });
});

describe('the cookie of a sign-in is refused', () => {
  it('when it is changed anywhere', async () => {
    const value = await sealed();
    for (const place of [0, 10, 60, value.length - 40, value.length - 3]) {
      const other = value[place] === 'A' ? 'B' : 'A';
      const changed = value.slice(0, place) + other + value.slice(place + 1);
      assert.equal(await open(changed), undefined, `at ${place}`);
    }
  });

  it('when there are two', async () => {
    const pair = `__Host-sallyport-signin=${await sealed()}`;
    assert.equal(await cookie.open(requestWith({ cookie: `${pair}; ${pair}` })), undefined);
  });

  it('when it is missing, empty, or junk', async () => {
    assert.equal(await cookie.open(requestWith({})), undefined);
    for (const junk of ['', 'x', '....', 'a.b.c.d.e', '%']) {
      assert.equal(await open(junk), undefined, junk);
    }
  });

  it('when another secret sealed it', async () => {
    const key = deriveKey('another secret', 'sign-in cookie');
    const value = await new EncryptJWT({ content: CONTENT })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setExpirationTime(NOW / 1_000 + 600)
      .encrypt(key);
    now = NOW;
    assert.equal(await open(value), undefined);
  });

  it('when it is not sealed, or does not expire', async () => {
    const plain = new UnsecuredJWT({ content: CONTENT }).encode();
    const endless = await new EncryptJWT({ content: CONTENT })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(deriveKey(options.secret, 'sign-in cookie'));
    assert.equal(await open(plain), undefined);
    assert.equal(await open(endless), undefined);
  });
});
