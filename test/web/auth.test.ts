import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Router } from 'express';
import { pino } from 'pino';
import type { Person } from '../../src/demo/provider/person.ts';
import { type RunningProvider, startProvider } from '../../src/demo/provider/start-provider.ts';
import { Problem } from '../../src/domain/problem.ts';
import { createClientAddresses } from '../../src/http/client-address.ts';
import { createListener, type Listener, type PublicDoor } from '../../src/http/listener.ts';
import { loopbackFetch } from '../../src/http/loopback-fetch.ts';
import { createPageFrame } from '../../src/http/page.ts';
import { createPublicApp } from '../../src/http/public-app.ts';
import { createRefusal } from '../../src/http/refusal.ts';
import { createSecurityHeaders } from '../../src/http/security-headers.ts';
import { createSessions } from '../../src/http/sessions.ts';
import { signInOf } from '../../src/http/sign-in.ts';
import { createRealmClient } from '../../src/identity/realm-client.ts';
import { createAuthRouter, type SignInActs } from '../../src/web/auth.ts';
import { MemorySessions } from '../http/session-table.ts';
import { Browser, type Seen } from './browser.ts';

const SECRET = 'a session secret';
const CLIENT = { clientId: 'sallyport', clientSecret: 'a client secret' };
const person = (subject: string, claims: Person['claims']): Person => ({
  subject,
  name: `${subject} of the test`,
  email: `${subject}@example.com`,
  emailVerified: true,
  claims,
  says: 'Signs in.',
});

/** Sign-in acts that keep sessions in memory, and remember what they were asked. */
class MemoryActs implements SignInActs {
  readonly sessions = new MemorySessions();
  readonly started: Parameters<SignInActs['startSession']>[0][] = [];
  readonly ended: string[] = [];
  readonly refused: Parameters<SignInActs['refuseSignIn']>[0][] = [];
  readonly usedStates = new Set<string>();
  isLogDown = false;

  async startSession(input: Parameters<SignInActs['startSession']>[0]) {
    this.#demandLog();
    if (this.usedStates.has(input.stateKey)) throw new Problem('sign-in-refused', 'Used before.');
    this.usedStates.add(input.stateKey);
    this.started.push(input);
    if (input.replaces !== undefined) this.sessions.end(input.replaces, now());
    const { idToken, authTime: _, ...principal } = input.identity;
    const times = { startedAt: now(), lastSeenAt: now(), expiresAt: now() + 43_200_000 };
    return this.sessions.start(input.secret, { principal, idToken, ...times });
  }

  async endSession({ session }: Parameters<SignInActs['endSession']>[0]) {
    this.#demandLog();
    this.ended.push(session.id);
    this.sessions.end(session.id, now());
  }

  async refuseSignIn(input: Parameters<SignInActs['refuseSignIn']>[0]) {
    this.#demandLog();
    this.refused.push(input);
  }

  #demandLog(): void {
    if (this.isLogDown) throw new Problem('log-unavailable', 'The disk is full.');
  }
}

let ahead = 0;
const now = (): number => Date.now() + ahead;
let acts: MemoryActs;
let listener: Listener;
let staff: RunningProvider;
let owners: RunningProvider;
let origin: string;
let door: PublicDoor;

before(async () => {
  // The port of the public origin has to be known before the providers are told of it.
  let port = 0;
  listener = createListener({
    get publicUrl() {
      return { origin, scheme: 'http' as const, hostname: 'sallyport.localhost', port };
    },
    accountUrl: { scheme: 'http', hostBefore: '', hostAfter: '.accounts.localhost', port: 1 },
    publicDoor: (request, response) => door(request, response),
    accountDoor: { serve: (_, response) => response.end(), upgrade: (_, socket) => socket.end() },
    logger: pino({ level: 'silent' }),
  });
  ({ port } = await listener.listen({ host: '127.0.0.1', port: 0 }));
  origin = `http://sallyport.localhost:${port}`;
  [staff, owners] = await Promise.all([startRealm('staff'), startRealm('owners')]);
});

after(async () => {
  await Promise.all([listener.drain({ deadlineMs: 0 }), staff.close(), owners.close()]);
});

beforeEach(() => {
  ahead = 0;
  acts = new MemoryActs();
  door = application(staff.issuer);
});

async function startRealm(realm: 'staff' | 'owners'): Promise<RunningProvider> {
  return startProvider({
    realm,
    port: 0,
    title: realm,
    people:
      realm === 'staff'
        ? [person('sam', { groups: ['support'] }), person('ann', { groups: ['audit', 'x'] })]
        : [person('olga', { owned_accounts: ['acme', 'Not An Account', 'globex'] })],
    clients: [
      {
        ...CLIENT,
        redirectUris: [`${origin}/auth/${realm}/callback`],
        postLogoutRedirectUris: [`${origin}/`],
      },
    ],
  });
}

function application(staffIssuer: string, timeoutMs = 4_000): PublicDoor {
  const logger = pino({ level: 'silent' });
  const url = new URL(origin);
  const publicUrl = {
    origin,
    scheme: 'http' as const,
    hostname: url.hostname,
    port: Number(url.port),
  };
  const accountUrl = {
    scheme: 'http' as const,
    hostBefore: '',
    hostAfter: '.a.localhost',
    port: 1,
  };
  const securityHeaders = createSecurityHeaders({ publicUrl, accountUrl, issuers: [staffIssuer] });
  const sessions = createSessions({
    store: acts.sessions,
    secret: SECRET,
    scheme: 'http',
    now,
    logger,
  });
  const common = {
    ...CLIENT,
    scopes: ['openid', 'profile', 'email'],
    fetch: loopbackFetch,
    timeoutMs,
    now,
  };
  const whoami = Router().get('/whoami', (request, response) => {
    response.json(signInOf(request)?.session.principal ?? null);
  });
  return createPublicApp({
    publicOrigin: origin,
    sessions,
    securityHeaders,
    refuse: createRefusal({
      publicOrigin: origin,
      realms: ['staff', 'owners'],
      frame: createPageFrame({ product: 'Example', publicOrigin: origin }),
      securityHeaders,
      logger,
    }),
    openDoors: [],
    doors: [
      createAuthRouter({
        publicUrl,
        clients: [
          createRealmClient({
            ...common,
            realm: 'staff',
            rolesClaim: 'groups',
            roles: { support: ['support'], auditor: ['audit'] },
            issuer: staffIssuer,
            redirectUri: new URL('/auth/staff/callback', origin),
          }),
          createRealmClient({
            ...common,
            realm: 'owners',
            accountsClaim: 'owned_accounts',
            issuer: owners.issuer,
            redirectUri: new URL('/auth/owners/callback', origin),
          }),
        ],
        acts,
        sessions,
        sessionSecret: SECRET,
        networkOf: createClientAddresses([]).networkOf,
        now,
        logger,
      }),
      whoami,
    ],
  });
}

function isCallback(url: URL): boolean {
  return url.pathname.endsWith('/callback');
}

/** Goes as far as the provider's answer, which is not delivered yet. */
async function untilCallback(
  browser: Browser,
  { as = 'sam', realm = 'staff', query = '' } = {},
): Promise<URL> {
  const begun = await browser.get(`${origin}/auth/${realm}/login${query}`);
  const arrived = await browser.follow(begun, isCallback);
  if (isCallback(arrived.url)) return arrived.url;
  return (await browser.follow(await browser.press(arrived, as), isCallback)).url;
}

async function signIn(
  browser: Browser,
  wish: { as?: string; realm?: string; query?: string } = {},
): Promise<Seen> {
  return browser.get(await untilCallback(browser, wish));
}

async function whoIs(browser: Browser): Promise<{ subject: string; roles: string[] } | null> {
  return JSON.parse((await browser.get(`${origin}/whoami`)).text);
}

function codeOf(seen: Seen): string {
  return JSON.parse(seen.text).type.split('/').at(-1);
}

describe('signing in', () => {
  it('as staff brings the roles of the configured values, and leads where it was meant to', async () => {
    const browser = new Browser();
    const query = `?returnTo=${encodeURIComponent('/enter?account=acme&to=/a')}`;
    const seen = await signIn(browser, { query });
    assert.equal(seen.status, 303);
    assert.equal(seen.headers.get('location'), '/enter?account=acme&to=/a');
    assert.deepEqual(await whoIs(browser), {
      realm: 'staff',
      issuer: staff.issuer,
      subject: 'sam',
      name: 'sam of the test',
      email: 'sam@example.com',
      verifiedEmail: 'sam@example.com',
      roles: ['support'],
      accounts: [],
    });
    assert.equal(acts.started[0]?.network.ip, '127.0.0.1');
  });

  it('as an owner brings the accounts, malformed ones left out', async () => {
    const browser = new Browser();
    await signIn(browser, { as: 'olga', realm: 'owners' });
    const [input] = acts.started;
    assert.deepEqual(input?.identity.roles, ['owner']);
    assert.deepEqual(input?.identity.accounts, ['acme', 'globex']);
    assert.equal(input?.identity.issuer, owners.issuer);
  });

  it('leads to no other site', async () => {
    for (const hostile of [
      '//evil.example',
      'https://evil.example/',
      '/\\evil.example',
      '/\t/evil.example',
    ]) {
      const query = `?returnTo=${encodeURIComponent(hostile)}`;
      assert.equal((await signIn(new Browser(), { query })).headers.get('location'), '/');
    }
    const twice = await signIn(new Browser(), { query: '?returnTo=/a&returnTo=/b' });
    assert.equal(twice.headers.get('location'), '/');
  });

  it('again gives the session another secret, and ends the one before', async () => {
    const browser = new Browser();
    await signIn(browser);
    const first = browser.cookie('sallyport');
    await signIn(browser, { as: 'olga', realm: 'owners' });
    assert.notEqual(browser.cookie('sallyport'), first);
    assert.equal(acts.started[1]?.replaces, 'session-1');
    assert.equal((await whoIs(browser))?.subject, 'olga');
    browser.jar.clear();
    const { text } = await browser.get(`${origin}/whoami`, { Cookie: `sallyport=${first}` });
    assert.equal(text, 'null');
  });

  it('does not take over a session that somebody planted', async () => {
    const attacker = new Browser();
    await signIn(attacker, { as: 'ann' });
    const planted = attacker.cookie('sallyport') ?? '';
    const victim = new Browser();
    victim.jar.set('x', {
      name: 'sallyport',
      value: planted,
      path: '/',
      host: 'sallyport.localhost',
    });
    const seen = await signIn(victim);
    assert.match(seen.headers.getSetCookie().join(), /sallyport=s%3A/);
    assert.equal(await whoIs(attacker), null);
  });

  it('afresh asks at the provider again', async () => {
    const browser = new Browser();
    await signIn(browser);
    const silent = await browser.follow(
      await browser.get(`${origin}/auth/staff/login`),
      isCallback,
    );
    assert.ok(isCallback(silent.url));
    const begun = await browser.get(`${origin}/auth/staff/login?fresh=1`);
    const page = await browser.follow(begun, isCallback);
    assert.equal(page.url.origin, staff.issuer);
    const arrived = await browser.follow(await browser.press(page, 'sam'), isCallback);
    assert.equal((await browser.get(arrived.url)).status, 303);
    assert.ok(acts.started.at(-1)?.identity.authTime !== undefined);
  });

  it('leaves nothing behind for those who only begin', async () => {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const seen = await new Browser().get(`${origin}/auth/staff/login`);
      assert.equal(seen.status, 303);
      assert.equal(seen.headers.get('cache-control'), 'no-store');
      assert.equal(seen.headers.getSetCookie().length, 1);
    }
    assert.equal(acts.sessions.rows.size, 0);
    assert.deepEqual(acts.sessions.kept, []);
  });
});

describe('a sign-in is refused', () => {
  const asProgram = { Accept: 'application/json' };

  it('in a browser that did not begin it, and nothing is recorded of strangers', async () => {
    const callback = await untilCallback(new Browser());
    const seen = await new Browser().get(callback, asProgram);
    assert.equal(seen.status, 400);
    assert.equal(codeOf(seen), 'sign-in-refused');
    assert.deepEqual(acts.refused, []);
    assert.equal(acts.sessions.rows.size, 0);
  });

  it('in a browser that began another one', async () => {
    const callback = await untilCallback(new Browser());
    const other = new Browser();
    await other.get(`${origin}/auth/staff/login`);
    const seen = await other.get(callback, asProgram);
    assert.equal(codeOf(seen), 'sign-in-refused');
    assert.equal(acts.refused.length, 1);
    assert.equal(acts.refused[0]?.realm, 'staff');
    assert.match(acts.refused[0]?.reason ?? '', /state/);
    assert.equal(acts.refused[0]?.network.ip, '127.0.0.1');
  });

  it('a second time, even with the first time’s cookies', async () => {
    const browser = new Browser();
    const callback = await untilCallback(browser);
    const cookies = new Map(browser.jar);
    assert.equal((await browser.get(callback)).status, 303);
    assert.equal((await browser.get(callback, asProgram)).status, 400);
    for (const [key, cookie] of cookies) browser.jar.set(key, cookie);
    assert.equal((await browser.get(callback, asProgram)).status, 400);
    assert.equal(acts.started.length, 1);
  });

  it('if control has seen its state before, whatever the provider says', async () => {
    const browser = new Browser();
    const callback = await untilCallback(browser);
    acts.usedStates.has = () => true;
    const seen = await browser.get(callback, asProgram);
    assert.equal(codeOf(seen), 'sign-in-refused');
    assert.ok(!seen.headers.getSetCookie().some((line) => line.startsWith('sallyport=')));
  });

  it('after ten minutes', async () => {
    const browser = new Browser();
    const callback = await untilCallback(browser);
    ahead = 600_000;
    assert.equal(codeOf(await browser.get(callback, asProgram)), 'sign-in-refused');
  });

  it('at the callback of the other realm', async () => {
    const browser = new Browser();
    const callback = await untilCallback(browser);
    callback.pathname = '/auth/owners/callback';
    assert.equal(codeOf(await browser.get(callback, asProgram)), 'sign-in-refused');
    assert.match(acts.refused[0]?.reason ?? '', /realm/);
  });

  for (const [says, change] of [
    ['two codes', (url: URL) => url.searchParams.append('code', 'x')],
    ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
    ['no issuer', (url: URL) => url.searchParams.delete('iss')],
    ['another code', (url: URL) => url.searchParams.set('code', 'x')],
    ['an error', (url: URL) => url.searchParams.set('error', 'access_denied')],
  ] as const) {
    it(`with ${says}, recorded, and its cookie is gone`, async () => {
      const browser = new Browser();
      const callback = await untilCallback(browser);
      change(callback);
      assert.equal(codeOf(await browser.get(callback, asProgram)), 'sign-in-refused');
      assert.equal(acts.refused.length, 1);
      assert.equal(browser.cookie('sallyport-signin'), undefined);
      assert.equal(await whoIs(browser), null);
    });
  }

  it('with a page that says how to begin again', async () => {
    const browser = new Browser();
    const begun = await browser.get(`${origin}/auth/staff/login`);
    const page = await browser.follow(begun, isCallback);
    const arrived = await browser.follow(await browser.press(page, 'Cancel'), isCallback);
    const seen = await browser.get(arrived.url);
    assert.equal(seen.status, 400);
    assert.match(seen.text, /The sign-in could not be completed/);
    assert.match(seen.text, /href="[^"]*\/auth\/staff\/login\?returnTo=%2F"/);
  });

  it('while it cannot be recorded, and whoever was signed in stays so', async () => {
    const browser = new Browser();
    await signIn(browser);
    const callback = await untilCallback(browser);
    acts.isLogDown = true;
    assert.equal((await browser.get(callback)).status, 503);
    acts.isLogDown = false;
    assert.equal((await whoIs(browser))?.subject, 'sam');
  });

  it('in a realm that is not there', async () => {
    const seen = await new Browser().get(`${origin}/auth/services/login`, asProgram);
    assert.equal(seen.status, 404);
  });
});

describe('a provider that is down', () => {
  it('makes signing in unavailable, and whoever is in stays in', async () => {
    const browser = new Browser();
    await signIn(browser);
    door = application('http://localhost:1');
    const begun = performance.now();
    const seen = await browser.get(`${origin}/auth/staff/login`, { Accept: '*/*' });
    assert.ok(performance.now() - begun < 5_000);
    assert.equal(seen.status, 503);
    assert.equal(codeOf(seen), 'sign-in-unavailable');
    assert.ok(Number(seen.headers.get('retry-after')) > 0);
    assert.equal((await whoIs(browser))?.subject, 'sam');
  });

  it('does not keep anybody from signing out here', async () => {
    const browser = new Browser();
    await signIn(browser);
    door = application('http://localhost:1');
    const seen = await browser.post(`${origin}/auth/logout`);
    assert.equal(seen.headers.get('location'), '/');
    assert.equal(await whoIs(browser), null);
  });
});

describe('signing out', () => {
  it('ends the session here, then leads to the provider, and back', async () => {
    const browser = new Browser();
    await signIn(browser);
    const cookie = browser.cookie('sallyport') ?? '';
    const seen = await browser.post(`${origin}/auth/logout`);
    assert.equal(seen.status, 303);
    assert.deepEqual(acts.ended, ['session-1']);
    assert.equal(browser.cookie('sallyport'), undefined);
    const page = await browser.follow(seen);
    assert.equal(page.url.origin, staff.issuer);
    const back = await browser.follow(
      await browser.press(page, 'Sign out'),
      (url) => url.origin === origin,
    );
    assert.equal(back.url.href, `${origin}/`);
    const { text } = await browser.get(`${origin}/whoami`, { Cookie: `sallyport=${cookie}` });
    assert.equal(text, 'null');
  });

  it('without a sign-in leads to the first page', async () => {
    const seen = await new Browser().post(`${origin}/auth/logout`);
    assert.equal(seen.headers.get('location'), '/');
    assert.deepEqual(acts.ended, []);
  });

  it('is not done for another site, nor by GET', async () => {
    const browser = new Browser();
    await signIn(browser);
    const headers = { Origin: 'https://evil.example' };
    assert.equal((await browser.post(`${origin}/auth/logout`, { headers })).status, 403);
    assert.equal((await browser.get(`${origin}/auth/logout`)).status, 404);
    assert.equal((await whoIs(browser))?.subject, 'sam');
  });

  it('is not said to be done while it cannot be recorded', async () => {
    const browser = new Browser();
    await signIn(browser);
    acts.isLogDown = true;
    assert.equal((await browser.post(`${origin}/auth/logout`)).status, 503);
    assert.equal((await whoIs(browser))?.subject, 'sam');
  });
});
