import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as client from 'openid-client';
import type { Person } from '../../src/demo/provider/person.ts';
import { type RunningProvider, startProvider } from '../../src/demo/provider/start-provider.ts';
import { CookieBrowser, type Visited } from './cookie-browser.ts';

const CALLBACK = 'http://sallyport.localhost:9/auth/staff/callback';
const SIGNED_OUT = 'http://sallyport.localhost:9/';

const people: Person[] = [
  {
    subject: 'sam',
    name: 'Sam <Support>',
    email: 'sam@example.com',
    emailVerified: true,
    claims: { groups: ['support'] },
    says: 'Answers customers.',
  },
  {
    subject: 'olga',
    name: 'Olga Owner',
    email: 'olga@acme.example',
    emailVerified: false,
    claims: { owned_accounts: ['acme', 'globex'] },
    says: 'Owns two accounts.',
  },
];

const logoutTokens: string[] = [];
const listener = createServer((request, response) => {
  void readBody(request).then((body) => {
    logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '');
    response.end();
  });
});
let provider: RunningProvider;
let configuration: client.Configuration;

before(async () => {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  provider = await startProvider({
    realm: 'staff',
    port: 0,
    title: 'Example staff',
    people,
    clients: [
      {
        clientId: 'sallyport',
        clientSecret: 'a secret of the demo',
        redirectUris: [CALLBACK],
        postLogoutRedirectUris: [SIGNED_OUT],
        backchannelLogoutUri: `http://sallyport.localhost:${port}/auth/staff/backchannel-logout`,
      },
    ],
  });
  configuration = await client.discovery(
    new URL(provider.issuer),
    'sallyport',
    'a secret of the demo',
    undefined,
    { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
  );
});

after(async () => {
  await provider.close();
  listener.close().closeAllConnections();
});

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** One authorization request, with what its callback is checked against. */
async function begin(more: Record<string, string> = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: CALLBACK,
    scope: 'openid profile email',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...more,
  });
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce } };
}

async function signIn(browser: CookieBrowser, name: string, more: Record<string, string> = {}) {
  const { url, checks } = await begin(more);
  const page = await browser.get(url);
  const callback = await browser.press(page, `as ${name}`);
  return client.authorizationCodeGrant(configuration, callback.url, checks);
}

function isSignInPage(page: Visited): boolean {
  return page.status === 200 && page.text.includes('Who is signing in?');
}

describe('the development provider', () => {
  it('lists who can sign in, and signs in whoever is chosen', async () => {
    const browser = new CookieBrowser();
    const { url, checks } = await begin();
    const page = await browser.get(url);
    assert.ok(isSignInPage(page));
    assert.ok(page.text.includes('Owns two accounts.'));
    assert.ok(page.text.includes('olga@acme.example (not verified)'));
    const callback = await browser.press(page, 'as Olga Owner');
    assert.equal(callback.url.searchParams.get('iss'), provider.issuer);
    const tokens = await client.authorizationCodeGrant(configuration, callback.url, checks);
    const claims = tokens.claims();
    assert.equal(claims?.['sub'], 'olga');
    assert.equal(claims?.['name'], 'Olga Owner');
    assert.equal(claims?.['email'], 'olga@acme.example');
    assert.equal(claims?.['email_verified'], false);
    assert.deepEqual(claims?.['owned_accounts'], ['acme', 'globex']);
    assert.equal(claims?.['groups'], undefined);
    assert.deepEqual(claims?.['amr'], ['user']);
    assert.equal(claims?.['acr'], 'urn:sallyport:demo:one-click');
    assert.ok(Math.abs(Number(claims?.['auth_time']) - Date.now() / 1000) < 60);
    assert.equal(typeof claims?.['sid'], 'string');
  });

  it('gives a refresh token that answers with the claims of the moment', async (t) => {
    const tokens = await signIn(new CookieBrowser(), 'Olga Owner');
    assert.ok(tokens.refresh_token);
    const [, olga] = people.slice();
    assert.ok(olga);
    t.after(() => people.splice(1, 1, olga));
    people.splice(1, 1, { ...olga, claims: { owned_accounts: ['acme'] } });
    const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token);
    assert.deepEqual(refreshed.claims()?.['owned_accounts'], ['acme']);
  });

  it('refuses to refresh for a person who is no longer there', async (t) => {
    const tokens = await signIn(new CookieBrowser(), 'Olga Owner');
    const [gone] = people.splice(1, 1);
    assert.ok(gone);
    t.after(() => people.push(gone));
    await assert.rejects(
      client.refreshTokenGrant(configuration, tokens.refresh_token ?? ''),
      client.ResponseBodyError,
    );
  });

  it('asks nothing of somebody who is signed in already', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, 'Sam');
    const again = await browser.get((await begin()).url);
    assert.equal(again.url.origin, new URL(CALLBACK).origin);
    assert.ok(again.url.searchParams.has('code'));
  });

  it('asks again when the application wants a fresh sign-in', async () => {
    for (const more of [{ prompt: 'login' }, { max_age: '0' }]) {
      const browser = new CookieBrowser();
      await signIn(browser, 'Sam');
      const { url, checks } = await begin(more);
      const page = await browser.get(url);
      assert.ok(isSignInPage(page));
      assert.ok(page.text.includes('You are signed in as Sam &lt;Support&gt;.'));
      const callback = await browser.press(page, 'as Sam');
      const tokens = await client.authorizationCodeGrant(configuration, callback.url, checks);
      assert.equal(tokens.claims()?.['sub'], 'sam');
    }
  });

  it('lets somebody else sign in instead, and ends the earlier sign-in', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, 'Sam');
    const { url, checks } = await begin({ prompt: 'login' });
    const between = await browser.press(await browser.get(url), 'as Olga Owner');
    assert.match(between.headers.get('content-security-policy') ?? '', /script-src 'sha256-/);
    const callback = await browser.press(between, 'Continue');
    const tokens = await client.authorizationCodeGrant(configuration, callback.url, checks);
    assert.equal(tokens.claims()?.['sub'], 'olga');
  });

  it('hands a cancelled sign-in back to the application', async () => {
    const browser = new CookieBrowser();
    const page = await browser.get((await begin()).url);
    const callback = await browser.press(page, 'Cancel');
    assert.equal(callback.url.searchParams.get('error'), 'access_denied');
  });

  it('signs out on request, tells the application, and returns there', async () => {
    const browser = new CookieBrowser();
    const tokens = await signIn(browser, 'Sam');
    const told = logoutTokens.length;
    const page = await browser.get(
      client.buildEndSessionUrl(configuration, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: SIGNED_OUT,
        state: 'state-1',
      }),
    );
    assert.ok(page.text.includes('Sign out of Example staff?'));
    const end = await browser.press(page, 'Sign out');
    assert.equal(end.url.href, `${SIGNED_OUT}?state=state-1`);
    assert.equal(logoutTokens.length, told + 1);
    const keys = createRemoteJWKSet(new URL(`${provider.issuer}/jwks`));
    const { payload } = await jwtVerify(logoutTokens[told] ?? '', keys, {
      issuer: provider.issuer,
      audience: 'sallyport',
    });
    assert.equal(payload.sub, 'sam');
    assert.equal(payload['sid'], decodeJwt(tokens.id_token ?? '')['sid']);
    assert.ok(isSignInPage(await browser.get((await begin()).url)));
    await assert.rejects(
      client.refreshTokenGrant(configuration, tokens.refresh_token ?? ''),
      client.ResponseBodyError,
    );
  });

  it('publishes one RSA and one P-256 key, without their private halves', async () => {
    const answer = await fetch(`${provider.issuer}/jwks`);
    const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
    assert.deepEqual(keys.map((key) => key['alg']).sort(), ['ES256', 'RS256']);
    for (const key of keys) assert.equal(key['d'], undefined);
  });

  it('allows its pages nothing but their stylesheet and forms that end at its clients', async () => {
    const page = await new CookieBrowser().get((await begin()).url);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /form-action 'self' http:\/\/sallyport\.localhost:9 /);
    assert.doesNotMatch(policy, /script-src|unsafe/);
    assert.doesNotMatch(page.text, /<script|<style| style=/);
    assert.ok(page.text.includes('Sam &lt;Support&gt;'));
    const stylesheet = await fetch(`${provider.issuer}/assets/demo.css`);
    assert.equal(stylesheet.headers.get('content-type'), 'text/css; charset=utf-8');
  });

  it('keeps cookies under names of its realm', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, 'Sam');
    assert.ok(browser.cookieNames().length > 0);
    for (const name of browser.cookieNames()) assert.match(name, /^staff_provider_/);
  });
});

describe('the development provider refuses', () => {
  it('an authorization request without PKCE', async () => {
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: CALLBACK,
      scope: 'openid',
      state: 's',
    });
    const answer = await new CookieBrowser().get(url);
    assert.equal(answer.url.searchParams.get('error'), 'invalid_request');
  });

  it('a redirect address that is not registered', async () => {
    const { url } = await begin({ redirect_uri: 'http://evil.localhost/' });
    const page = await new CookieBrowser().get(url);
    assert.equal(page.status, 400);
    assert.ok(page.text.includes('This sign-in cannot go on.'));
  });

  it('a wrong client secret', async () => {
    const other = new client.Configuration(
      configuration.serverMetadata(),
      'sallyport',
      'another secret',
    );
    client.allowInsecureRequests(other);
    const { url, checks } = await begin();
    const browser = new CookieBrowser();
    const callback = await browser.press(await browser.get(url), 'as Sam');
    await assert.rejects(client.authorizationCodeGrant(other, callback.url, checks));
  });

  it('a code that comes a second time, and what the first time gave', async () => {
    const { url, checks } = await begin();
    const browser = new CookieBrowser();
    const callback = await browser.press(await browser.get(url), 'as Sam');
    const tokens = await client.authorizationCodeGrant(configuration, callback.url, checks);
    await assert.rejects(client.authorizationCodeGrant(configuration, callback.url, checks));
    await assert.rejects(client.refreshTokenGrant(configuration, tokens.refresh_token ?? ''));
  });

  it('a choice made in another browser than the one that began', async () => {
    const page = await new CookieBrowser().get((await begin()).url);
    const answer = await new CookieBrowser().post(page.url, { subject: 'sam' });
    assert.equal(answer.status, 400);
  });

  it('a choice at the address of another sign-in', async () => {
    const browser = new CookieBrowser();
    const page = await browser.get((await begin()).url);
    const stranger = new URL(`${page.url.pathname}x`, page.url);
    assert.equal((await browser.post(stranger, { subject: 'sam' })).status, 400);
  });

  it('a person who is not on the list', async () => {
    const browser = new CookieBrowser();
    const page = await browser.get((await begin()).url);
    assert.equal((await browser.post(page.url, { subject: 'root' })).status, 422);
    assert.equal((await browser.post(page.url, {})).status, 422);
    assert.equal((await browser.post(page.url, { subject: 'x'.repeat(5_000) })).status, 413);
  });

  it('a name that somebody else has pointed at this machine', async () => {
    const socket = connect(provider.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n');
    const [first] = await once(socket, 'data');
    assert.match(String(first), /^HTTP\/1\.1 421 /);
    socket.destroy();
  });

  it('to start for a client beyond this machine', async () => {
    for (const address of [
      'https://example.com/callback',
      'http://10.0.0.1/',
      'http://localhost.example/',
      'http://127.0.0.1.example/',
      'not an address',
    ]) {
      const elsewhere = {
        clientId: 'a',
        clientSecret: 'b',
        redirectUris: [address],
        postLogoutRedirectUris: [],
      };
      const options = {
        realm: 'staff',
        port: 0,
        title: 't',
        people,
        clients: [elsewhere],
      } as const;
      await assert.rejects(startProvider(options), /serves this machine only/);
    }
  });

  it('to start with two people of one subject', async () => {
    const twins = people.map((person) => ({ ...person, subject: 'twin' }));
    const options = { realm: 'staff', port: 0, title: 't', people: twins, clients: [] } as const;
    await assert.rejects(startProvider(options), /share a subject/);
  });
});

describe('closing the development provider', () => {
  it('ends connections that are kept alive, at once', async () => {
    const short = await startProvider({
      realm: 'owners',
      port: 0,
      title: 'Example customers',
      people,
      clients: [],
    });
    const socket = connect(short.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET /jwks HTTP/1.1\r\nHost: localhost:${short.port}\r\n\r\n`);
    await once(socket, 'data');
    const ended = once(socket, 'close');
    await short.close();
    await ended;
  });
});
