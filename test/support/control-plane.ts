import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RequestHandler, Router } from 'express';
import { pino } from 'pino';
import { createApi } from '../../src/api/api.ts';
import type { Agreement, Control, ControlSettings } from '../../src/control/control.ts';
import { startSession } from '../../src/control/sign-in.ts';
import { type AccountId, parseAccountId } from '../../src/domain/account-id.ts';
import type { InstanceId } from '../../src/domain/ids.ts';
import type { Principal } from '../../src/domain/principal.ts';
import type { Clock, Milliseconds } from '../../src/domain/time.ts';
import { createClientAddresses } from '../../src/http/client-address.ts';
import { createPageFrame } from '../../src/http/page.ts';
import { createPublicApp } from '../../src/http/public-app.ts';
import { createRefusal } from '../../src/http/refusal.ts';
import { createSecurityHeaders } from '../../src/http/security-headers.ts';
import type { Served } from '../../src/http/served.ts';
import { createSessions, type Sessions } from '../../src/http/sessions.ts';
import { loadPolicy } from '../../src/policy/policy.ts';
import { Evidence } from '../../src/recorder/evidence.ts';
import { openPublisher } from '../../src/recorder/open-publisher.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import { resumeLog } from '../../src/recorder/resume.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { createWeb } from '../../src/web/web.ts';

/** The control plane on a real store, listening on loopback; only the identity provider is left out. */
export interface ControlPlane {
  /** The origin browsers know it by. */
  readonly origin: string;
  /** Where it listens, for programs. */
  readonly address: string;
  readonly control: Control;
  readonly recorder: Recorder;
  readonly store: Store;
  /** The database file. */
  readonly file: string;
  /** Signs somebody in as the identity provider would have it, and answers with his cookie. */
  signIn(principal: Principal): Promise<string>;
  /** Moves the recorder's clock ahead; the store's own stays with the machine's. */
  advance(by: Milliseconds): void;
  close(): Promise<void>;
}

export interface ControlPlaneOptions {
  readonly agreement?: Agreement;
  readonly limits?: Partial<ControlSettings['grants']>;
  readonly session?: ControlSettings['session'];
  readonly retentionMs?: Milliseconds;
}

/** Of the log of every control plane. */
export const ORIGIN = 'test.example/access';

const root = new URL('../../', import.meta.url);
const HOUR = 3_600_000;
const LIMITS = {
  maxDurationMs: 30 * 24 * HOUR,
  defaultDurationMs: HOUR,
  requestExpiresAfterMs: 3 * 24 * HOUR,
};
const SIGN_IN_LIMITS = { idleMs: HOUR / 2, absoluteMs: 12 * HOUR };

export const STAFF_ISSUER = 'http://localhost/staff';
export const OWNERS_ISSUER = 'http://localhost/owners';

/** An account id that is known to be one. */
export function account(id: string): AccountId {
  const parsed = parseAccountId(id);
  if (parsed === undefined) throw new Error(`no account id: ${id}`);
  return parsed;
}

/** An employee with these roles; his e-mail is verified. */
export function staff(subject: string, roles: Principal['roles'] = ['support']): Principal {
  const email = `${subject}@corp.example`;
  const name = subject.charAt(0).toUpperCase() + subject.slice(1);
  const who = { issuer: STAFF_ISSUER, subject, name, email, verifiedEmail: email };
  return { ...who, realm: 'staff', roles, accounts: [] };
}

/** The owner of these accounts. */
export function owner(subject: string, accounts: readonly string[]): Principal {
  const email = `${subject}@customer.example`;
  const name = subject.charAt(0).toUpperCase() + subject.slice(1);
  const who = { issuer: OWNERS_ISSUER, subject, name, email, verifiedEmail: email };
  return { ...who, realm: 'owners', roles: ['owner'], accounts: accounts.map(account) };
}

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-control-'));
  const instance = randomUUID() as InstanceId;
  const file = join(folder, 'a.db');
  const { retentionMs = HOUR } = options;
  const store = await openSqliteStore({ file, instance, retentionMs, reserveBytes: 0 });
  const clock = createClock();
  const recorder = new Recorder(store, clock, 0);
  await resumeLog(recorder, store, ORIGIN);
  await recorder.startSearch();
  const publisher = await openPublisher(
    { origin: ORIGIN, keyFile: join(folder, 'log.key'), guardFile: join(folder, 'log.guard') },
    { store, everyMs: 10, now: () => Date.now(), report: () => {} },
  );
  publisher.start();

  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const served = servedOn(port);
  const control: Control = {
    recorder,
    evidence: new Evidence(store, publisher),
    policy: await readPolicy(),
    settings: settingsOf(options, port),
  };
  const waiting = new Map<string, Principal>();
  server.on('request', createApp(control, { served, store, waiting }));

  const address = `http://127.0.0.1:${port}`;
  return {
    origin: served.publicUrl.origin,
    address,
    control,
    recorder,
    store,
    file,
    signIn: async (principal) => signIn(address, waiting, principal),
    advance: clock.advance,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await recorder.close();
      await publisher.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function createClock(): Clock & { advance: (by: Milliseconds) => void } {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    monotonicMs: () => performance.now() + ahead,
    advance: (by) => {
      ahead += by;
    },
  };
}

async function readPolicy(): Promise<Control['policy']> {
  const [model, rules] = ['policy.conf', 'policy.csv'].map((name) =>
    readFileSync(new URL(name, root), 'utf8'),
  );
  const policy = await loadPolicy({ model: model ?? '', rules: rules ?? '' });
  return () => policy;
}

function settingsOf(options: ControlPlaneOptions, port: number): ControlSettings {
  return {
    staffIssuer: STAFF_ISSUER,
    grants: { ...LIMITS, ...options.limits },
    session: options.session ?? SIGN_IN_LIMITS,
    agreement: options.agreement,
    accountOrigin: (id) => `http://${id}.accounts.localhost:${port}`,
  };
}

function servedOn(port: number): Served {
  const hostname = 'sallyport.localhost';
  return {
    publicUrl: { origin: `http://${hostname}:${port}`, scheme: 'http', hostname, port },
    accountUrl: { scheme: 'http', hostBefore: '', hostAfter: '.accounts.localhost', port },
  };
}

function createApp(
  control: Control,
  { served, store, waiting }: { served: Served; store: Store; waiting: Map<string, Principal> },
) {
  const logger = pino({ level: 'silent' });
  const { networkOf } = createClientAddresses([]);
  const publicOrigin = served.publicUrl.origin;
  const now = () => control.recorder.now();
  const sessions = createSessions({ store, secret: 'only for tests', scheme: 'http', now, logger });
  const securityHeaders = createSecurityHeaders({
    ...served,
    issuers: [STAFF_ISSUER, OWNERS_ISSUER],
  });
  const frame = createPageFrame({ product: 'Example', publicOrigin });
  const realms = ['staff', 'owners'] as const;
  const refuse = createRefusal({ publicOrigin, realms, frame, securityHeaders, logger });
  const api = createApi({ control, networkOf, publicOrigin, version: '0.0.0' });
  const web = createWeb({ control, networkOf, frame, publicOrigin, realms });
  return createPublicApp({
    publicOrigin,
    sessions,
    securityHeaders,
    refuse,
    openDoors: [],
    doors: [signInDoor(control, sessions, waiting), Router().use('/api/v1', api), web],
  });
}

/** What the sign-in does after the provider has answered; tests say whom it vouched for. */
function signInDoor(
  control: Control,
  sessions: Sessions,
  waiting: Map<string, Principal>,
): RequestHandler {
  return async (request, response, next) => {
    const stateKey = request.headers['x-test-sign-in'];
    const principal = typeof stateKey === 'string' ? waiting.get(stateKey) : undefined;
    if (principal === undefined || typeof stateKey !== 'string') {
      next();
      return;
    }
    waiting.delete(stateKey);
    const origin = { idToken: undefined, replaces: undefined, network: { ip: '127.0.0.1' } };
    await sessions.renew(request, (secret) =>
      startSession(control, { principal, secret, stateKey, ...origin }),
    );
    response.status(204).end();
  };
}

async function signIn(
  address: string,
  waiting: Map<string, Principal>,
  principal: Principal,
): Promise<string> {
  const stateKey = randomUUID();
  waiting.set(stateKey, principal);
  const answer = await fetch(address, { method: 'POST', headers: { 'x-test-sign-in': stateKey } });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (answer.status !== 204 || cookie === undefined)
    throw new Error(`signing in answered ${answer.status}`);
  return cookie;
}
