import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import type { Identity } from '../../src/identity/identity.ts';
import { ProviderUnavailable, SignInRefused } from '../../src/identity/sign-in-error.ts';
import { parseTransaction } from '../../src/identity/transaction.ts';
import { CALLBACK, CLIENT_ID, CLIENT_SECRET, EvilProvider } from './evil-provider.ts';

let provider: EvilProvider;

beforeEach(async () => {
  provider = new EvilProvider();
  await provider.start();
});

afterEach(() => provider.stop());

/** One whole sign-in; `change` may alter what the browser brings back. */
async function signIn(
  change: (parameters: URLSearchParams) => void = () => undefined,
  client = provider.client(),
): Promise<Identity> {
  const { parameters, transaction } = await provider.begin(client);
  change(parameters);
  return client.finish(parameters, transaction);
}

async function isRefused(signingIn: Promise<unknown>, why: RegExp): Promise<void> {
  await assert.rejects(signingIn, (error) => {
    assert.ok(error instanceof SignInRefused, String(error));
    assert.match(error.reason, why);
    return true;
  });
}

async function isUnavailable(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, ProviderUnavailable);
}

describe('a sign-in', () => {
  it('begins with PKCE, state and nonce, and a redirect address from configuration', async () => {
    const { url, transaction } = await provider.begin(provider.client());
    assert.equal(url.origin + url.pathname, `${provider.issuer}/authorize`);
    const challenge = createHash('sha256').update(transaction.verifier).digest('base64url');
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: CALLBACK.href,
      scope: 'openid',
      state: transaction.state,
      nonce: transaction.nonce,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    assert.deepEqual(parseTransaction(JSON.parse(JSON.stringify(transaction))), transaction);
  });

  it('draws its secrets anew each time', async () => {
    const client = provider.client();
    const [one, two] = [await provider.begin(client), await provider.begin(client)];
    for (const name of ['state', 'nonce', 'verifier'] as const) {
      assert.notEqual(one.transaction[name], two.transaction[name]);
      assert.ok(one.transaction[name].length >= 43);
    }
  });

  it('ends with who somebody is', async () => {
    provider.claims = {
      name: 'Sam',
      email: 'Sam@Example.com',
      email_verified: true,
      auth_time: 1_700_000_000,
    };
    const { idToken, ...identity } = await signIn();
    assert.deepEqual(identity, {
      realm: 'staff',
      issuer: provider.issuer,
      subject: 'sam',
      name: 'Sam',
      email: 'Sam@Example.com',
      verifiedEmail: 'sam@example.com',
      roles: ['support'],
      accounts: [],
      authTime: 1_700_000_000_000,
    });
    assert.equal(idToken.split('.').length, 3);
  });

  it('proves itself with the verifier and our secret, to the provider alone', async () => {
    const client = provider.client();
    const { parameters, transaction } = await provider.begin(client);
    await client.finish(parameters, transaction);
    const token = provider.requests.find(({ path }) => path === '/token');
    const body = new URLSearchParams(token?.body);
    assert.equal(body.get('code_verifier'), transaction.verifier);
    assert.equal(body.get('redirect_uri'), CALLBACK.href);
    assert.equal(body.has('client_secret'), false);
    const [, basic = ''] = token?.authorization?.split(' ') ?? [];
    const [id, secret] = Buffer.from(basic, 'base64').toString().split(':');
    assert.equal(id, CLIENT_ID);
    assert.equal(new URLSearchParams(`s=${secret}`).get('s'), CLIENT_SECRET);
  });

  it('sends the secret in the body to a provider that takes it only there', async () => {
    provider.metadata = { token_endpoint_auth_methods_supported: ['client_secret_post'] };
    await signIn();
    const token = provider.requests.find(({ path }) => path === '/token');
    assert.equal(new URLSearchParams(token?.body).get('client_secret'), CLIENT_SECRET);
    assert.equal(token?.authorization, undefined);
  });

  it('asks for fresh proof, and demands that the provider says when it had it', async () => {
    const client = provider.client();
    const begun = await provider.begin(client, { maxAge: 0 });
    assert.equal(begun.url.searchParams.get('prompt'), 'login');
    assert.equal(begun.url.searchParams.get('max_age'), '0');
    await isRefused(client.finish(begun.parameters, begun.transaction), /auth_time/);
    provider.claims = { auth_time: Math.floor(Date.now() / 1_000) - 600 };
    const stale = await provider.begin(client, { maxAge: 0 });
    await isRefused(client.finish(stale.parameters, stale.transaction), /too much time/);
    provider.claims = { auth_time: Math.floor(Date.now() / 1_000) };
    const fresh = await provider.begin(client, { maxAge: 0 });
    assert.equal((await client.finish(fresh.parameters, fresh.transaction)).subject, 'sam');
  });

  it('may take its time at the provider: proof counts from where it began', async () => {
    const client = provider.client({ now: () => Date.now() });
    const begun = await provider.begin(client, { maxAge: 0 });
    const early = { ...begun.transaction, startedAt: Date.now() - 300_000 };
    provider.claims = { auth_time: Math.floor(Date.now() / 1_000) - 290 };
    assert.equal((await client.finish(begun.parameters, early)).subject, 'sam');
  });
});

describe('userinfo', () => {
  it('is asked for what the ID token lacks', async () => {
    provider.without = ['groups'];
    provider.userinfo = { sub: 'sam', groups: ['support'], name: 'Sam' };
    const identity = await signIn();
    assert.deepEqual(identity.roles, ['support']);
    assert.equal(identity.name, 'Sam');
    const asked = provider.requests.find(({ path }) => path === '/userinfo');
    assert.equal(asked?.authorization, 'Bearer an-access-token');
  });

  it('is not asked if the ID token says everything', async () => {
    provider.userinfo = { sub: 'sam', groups: ['admin'] };
    assert.deepEqual((await signIn()).roles, ['support']);
    assert.ok(!provider.requests.some(({ path }) => path === '/userinfo'));
  });

  it('does not vouch for the e-mail of the ID token', async () => {
    provider.claims = { email: 'boss@example.com' };
    provider.userinfo = { sub: 'sam', email: 'sam@example.com', email_verified: true, name: 'Sam' };
    const identity = await signIn(
      undefined,
      provider.client({ scopes: ['openid', 'profile', 'email'] }),
    );
    assert.equal(identity.email, 'boss@example.com');
    assert.equal(identity.verifiedEmail, undefined);
  });

  it('about somebody else is refused', async () => {
    provider.without = ['groups'];
    provider.userinfo = { sub: 'eve', groups: ['support'] };
    await isRefused(signIn(), /"sub"/);
  });

  it('about nobody is refused', async () => {
    provider.without = ['groups'];
    provider.userinfo = { groups: ['support'] };
    await isRefused(signIn(), /"sub"/);
  });
});

describe('an ID token is refused', () => {
  const past = Math.floor(Date.now() / 1_000) - 3_600;
  for (const [says, claims, why] of [
    ['of another nonce', { nonce: 'another' }, /nonce/],
    ['for another audience', { aud: 'another' }, /aud/],
    ['for several, without saying who asked', { aud: [CLIENT_ID, 'another'] }, /aud/],
    ['for several, and another asked', { aud: [CLIENT_ID, 'another'], azp: 'another' }, /azp/],
    ['of another issuer', { iss: 'https://evil.example' }, /iss/],
    ['that has expired', { iat: past, exp: past + 300 }, /exp/],
    ['that is not valid yet', { nbf: past + 7_200 }, /nbf/],
    ['with a subject that is no text', { sub: 7 as unknown as string }, /sub/],
    ['with an empty subject', { sub: '' }, /subject/],
    ['with a subject of control characters', { sub: 'a\nb' }, /subject/],
  ] as [string, JWTPayload, RegExp][]) {
    it(says, async () => {
      provider.claims = claims;
      await isRefused(signIn(), why);
    });
  }

  for (const name of ['sub', 'nonce', 'aud', 'iss', 'exp', 'iat']) {
    it(`without ${name}`, async () => {
      provider.without = [name];
      await isRefused(signIn(), new RegExp(name));
    });
  }

  it('without a signature', async () => {
    provider.forge = async (claims) => new UnsecuredJWT(claims).encode();
    await isRefused(signIn(), /alg/);
  });

  it('without a signature, even from a provider that announces it', async () => {
    provider.metadata = { id_token_signing_alg_values_supported: ['RS256', 'none'] };
    provider.forge = async (claims) => new UnsecuredJWT(claims).encode();
    await isRefused(signIn(), /./);
  });

  for (const announced of [['RS256'], ['RS256', 'HS256']]) {
    it(`with HS256 by the public key or our secret, announced: ${announced}`, async () => {
      provider.metadata = { id_token_signing_alg_values_supported: announced };
      const published = await exportSPKI(await provider.publicKey());
      for (const key of [published, CLIENT_SECRET]) {
        provider.forge = async (claims) =>
          new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(key));
        await isRefused(signIn(), /alg/);
      }
    });
  }

  it('signed by a key that is not the provider’s', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    provider.forge = async (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey);
    await isRefused(signIn(), /signature/);
  });

  it('signed by a key nobody knows', async () => {
    provider.header = { alg: 'RS256', kid: 'another' };
    await isRefused(signIn(), /key/);
  });

  it('changed after it was signed', async () => {
    provider.forge = async (claims) => {
      const [header, , signature] = (await provider.sign(claims)).split('.');
      const changed = { ...claims, groups: ['support'], sub: 'eve' };
      return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join(
        '.',
      );
    };
    await isRefused(signIn(), /signature/);
  });

  for (const junk of ['', 'a.b', 'a.b.c', '..', 'a.b.c.d.e']) {
    it(`that is none: ${JSON.stringify(junk)}`, async () => {
      provider.forge = async () => junk;
      await isRefused(signIn(), /./);
    });
  }

  it('that is missing', async () => {
    provider.answers = { '/token': { body: { access_token: 'a', token_type: 'Bearer' } } };
    await isRefused(signIn(), /id_token/);
  });
});

describe('an answer of the browser is refused', () => {
  for (const [says, change, why] of [
    ['with another state', (p: URLSearchParams) => p.set('state', 'x'), /state/],
    ['without a state', (p: URLSearchParams) => p.delete('state'), /state/],
    ['without a code', (p: URLSearchParams) => p.delete('code'), /code/],
    ['with two codes', (p: URLSearchParams) => p.append('code', 'a-code'), /more than once/],
    ['with two states', (p: URLSearchParams) => p.append('state', 'x'), /more than once/],
    [
      'with two of what nobody knows',
      (p: URLSearchParams) => ['1', '1'].forEach((value) => p.append('x', value)),
      /more than once/,
    ],
    ['of another issuer', (p: URLSearchParams) => p.set('iss', 'https://evil.example'), /iss/],
    ['that is an error', (p: URLSearchParams) => p.set('error', 'access_denied'), /error/],
    [
      'that is an error under another state',
      (p: URLSearchParams) => ['error', 'state'].forEach((name) => p.set(name, 'x')),
      /state/,
    ],
    ['that holds an ID token', (p: URLSearchParams) => p.set('id_token', 'x'), /not supported/],
    ['that is packed in a JWT', (p: URLSearchParams) => p.set('response', 'x'), /JARM/],
  ] as [string, (parameters: URLSearchParams) => void, RegExp][]) {
    it(says, async () => {
      await isRefused(signIn(change), why);
      assert.ok(!provider.requests.some(({ path }) => path === '/token'), 'no code was spent');
    });
  }

  it('without the issuer that the provider promises to name', async () => {
    provider.metadata = { authorization_response_iss_parameter_supported: true };
    await isRefused(signIn(), /iss/);
  });

  it('in the other realm', async () => {
    const client = provider.client();
    const { parameters, transaction } = await provider.begin(client);
    await isRefused(client.finish(parameters, { ...transaction, realm: 'owners' }), /realm/);
  });

  it('if the provider refuses the code', async () => {
    for (const status of [400, 401]) {
      provider.answers = { '/token': { status, body: { error: 'invalid_grant' } } };
      await isRefused(signIn(), /./);
    }
  });
});

describe('a provider that does not answer', () => {
  const FAILURES = [
    'hang up',
    'half',
    { status: 500, body: {} },
    { status: 503, body: {} },
    { status: 429, body: {} },
  ] as const;

  for (const path of ['/.well-known/openid-configuration', '/token', '/jwks', '/userinfo']) {
    for (const failure of FAILURES) {
      it(`is unavailable: ${path}, ${JSON.stringify(failure)}`, async () => {
        provider.userinfo = { sub: 'sam' };
        provider.without = ['groups'];
        provider.answers = { [path]: failure };
        await isUnavailable(signIn());
      });
    }

    it(`is unavailable in good time: ${path}`, async () => {
      provider.userinfo = { sub: 'sam' };
      provider.without = ['groups'];
      provider.answers = { [path]: 'silence' };
      const begun = performance.now();
      await isUnavailable(signIn(undefined, provider.client({ timeoutMs: 300 })));
      assert.ok(performance.now() - begun < 2_000);
    });
  }

  for (const [says, metadata] of [
    ['under another name', { issuer: 'https://evil.example' }],
    ['under its name with a slash', { issuer: 'SLASH' }],
    ['without an address to sign in at', { authorization_endpoint: undefined }],
    ['with an address that is none', { authorization_endpoint: 'x' }],
  ] as const) {
    it(`is as good as none: ${says}`, async () => {
      const slashed = 'issuer' in metadata && metadata.issuer === 'SLASH';
      provider.metadata = slashed ? { issuer: `${provider.issuer}/` } : metadata;
      await isUnavailable(signIn());
    });
  }

  it('is not asked again within a second, and then found again', async () => {
    let now = 1_000_000;
    const client = provider.client({ now: () => now });
    provider.answers = { '/.well-known/openid-configuration': { status: 503, body: {} } };
    for (let attempt = 0; attempt < 5; attempt += 1) await isUnavailable(provider.begin(client));
    assert.equal(provider.requests.length, 1);
    provider.answers = {};
    now += 1_000;
    await provider.begin(client);
    await provider.begin(client);
    assert.equal(provider.requests.length, 2);
  });

  it('is missed within a second when it has gone: nobody is sent to one that is down', async () => {
    let now = 1_000_000;
    const client = provider.client({ now: () => now });
    await provider.begin(client);
    provider.answers = { '/.well-known/openid-configuration': { status: 503, body: {} } };
    await provider.begin(client);
    now += 1_000;
    await isUnavailable(provider.begin(client));
  });

  it('is asked once by many at the same time', async () => {
    const client = provider.client();
    await Promise.all(Array.from({ length: 20 }, async () => client.begin({ returnTo: '/' })));
    assert.equal(provider.requests.length, 1);
  });

  it('that cannot be reached at all is unavailable', async () => {
    const client = provider.client();
    provider.stop();
    await isUnavailable(client.begin({ returnTo: '/' }));
    await isUnavailable(
      client.endSessionUrl({ idToken: 'x', returnTo: new URL('http://a.localhost/') }),
    );
  });
});

describe('signing out at the provider', () => {
  it('has an address, if the provider has one', async () => {
    provider.metadata = { end_session_endpoint: `${provider.issuer}/end?a=b` };
    const returnTo = new URL('http://sallyport.localhost:9/');
    const url = await provider.client().endSessionUrl({ idToken: 'the-token', returnTo });
    assert.equal(url?.pathname, '/end');
    assert.deepEqual(Object.fromEntries(url?.searchParams ?? []), {
      a: 'b',
      client_id: CLIENT_ID,
      id_token_hint: 'the-token',
      post_logout_redirect_uri: returnTo.href,
    });
  });

  it('has none otherwise', async () => {
    const returnTo = new URL('http://sallyport.localhost:9/');
    assert.equal(await provider.client().endSessionUrl({ idToken: 'x', returnTo }), undefined);
  });
});

describe('a transaction that was sealed earlier', () => {
  const good = {
    realm: 'staff',
    state: 's',
    nonce: 'n',
    verifier: 'v',
    returnTo: '/',
    startedAt: 1,
  };

  it('is read again', () => assert.deepEqual(parseTransaction(good), good));

  for (const [says, value] of [
    ['nothing', undefined],
    ['null', null],
    ['text', 'x'],
    ['a list', []],
    ['another realm', { ...good, realm: 'service' }],
    ['an empty state', { ...good, state: '' }],
    ['a nonce of another type', { ...good, nonce: 7 }],
    ['no verifier', { ...good, verifier: undefined }],
    ['a start in words', { ...good, startedAt: 'now' }],
    ['an age in words', { ...good, maxAge: '0' }],
  ] as const) {
    it(`is none if it is ${says}`, () => assert.equal(parseTransaction(value), undefined));
  }
});
