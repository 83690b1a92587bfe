import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { readConfig } from '../../src/config.ts';
import type { Person } from '../../src/demo/provider/person.ts';
import { type RunningProvider, startProvider } from '../../src/demo/provider/start-provider.ts';
import { createLogger } from '../../src/http/log.ts';
import { type RunningGateway, startGateway } from '../../src/main-gateway.ts';
import { RESERVE_BYTES } from '../../src/store/sqlite/reserve.ts';
import { type Answer, Browser } from './browser.ts';
import { freePorts } from './free-ports.ts';
import { type LenientUpstream, startLenientUpstream } from './lenient-upstream.ts';

export const PEOPLE: { readonly staff: readonly Person[]; readonly owners: readonly Person[] } = {
  staff: [
    staff('sam', ['support']),
    staff('mona', ['support']),
    staff('carol', ['trust-and-safety']),
    staff('rita', ['on-call']),
    staff('aaron', ['audit']),
    staff('ada', ['platform']),
    staff('nobody', []),
  ],
  owners: [owner('olga', ['acme']), owner('gus', ['globex']), owner('ines', ['globex', 'initech'])],
};

function staff(subject: string, groups: readonly string[]): Person {
  const email = `${subject}@staff.example`;
  return {
    subject,
    name: `${subject} of staff`,
    email,
    emailVerified: true,
    claims: { groups },
    says: '',
  };
}

function owner(subject: string, accounts: readonly string[]): Person {
  const email = `${subject}@owners.example`;
  const claims = { owned_accounts: accounts };
  return { subject, name: `${subject} the owner`, email, emailVerified: true, claims, says: '' };
}

/** Everything the gateway stands between, for real: two providers, an application, a database file. */
export interface House {
  readonly dir: string;
  readonly configFile: string;
  readonly databaseFile: string;
  readonly port: number;
  readonly publicUrl: string;
  readonly upstream: LenientUpstream;
  readonly providers: { readonly staff: RunningProvider; readonly owners: RunningProvider };
  accountUrl(account: string): string;
  /** Takes the neighbours down; the gateway is its starter's. */
  close(): Promise<void>;
}

export interface HouseOptions {
  /** Merged over the configuration's top level. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly upstream?: Readonly<Record<string, unknown>>;
}

/** Builds the neighbours and writes the configuration; no gateway runs yet. */
export async function buildHouse(options: HouseOptions = {}): Promise<House> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-house-'));
  const port = await freePorts(1);
  const publicUrl = `http://sallyport.localhost:${port}`;
  const upstream = await startLenientUpstream();
  const provide = (realm: 'staff' | 'owners') =>
    startProvider({
      realm,
      port: 0,
      title: realm,
      people: PEOPLE[realm],
      clients: [
        {
          clientId: 'sallyport',
          clientSecret: `${realm}-secret-of-the-tests`,
          redirectUris: [`${publicUrl}/auth/${realm}/callback`],
          postLogoutRedirectUris: [`${publicUrl}/`],
        },
      ],
    });
  const providers = { staff: await provide('staff'), owners: await provide('owners') };
  const configFile = join(dir, 'sallyport.yaml');
  const databaseFile = join(dir, 'data/sallyport.db');
  standInForReserve(databaseFile);
  const config = { ...configOf(port, upstream, providers, options), ...options.config };
  writeFileSync(configFile, stringify(config), { mode: 0o600 });
  chmodSync(configFile, 0o600);
  return {
    dir,
    configFile,
    databaseFile,
    port,
    publicUrl,
    upstream,
    providers,
    accountUrl: (account) => `http://${account}.accounts.localhost:${port}`,
    close: async () => {
      await Promise.all([upstream.close(), providers.staff.close(), providers.owners.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function configOf(
  port: number,
  upstream: LenientUpstream,
  providers: House['providers'],
  options: HouseOptions,
): Record<string, unknown> {
  return {
    product: { name: 'Example' },
    listen: { host: '127.0.0.1', port },
    publicUrl: `http://sallyport.localhost:${port}`,
    accountUrl: `http://{account}.accounts.localhost:${port}`,
    store: 'sqlite:data/sallyport.db',
    staff: {
      issuer: providers.staff.issuer,
      clientId: 'sallyport',
      clientSecret: 'staff-secret-of-the-tests',
      rolesClaim: 'groups',
      roles: {
        support: ['support'],
        compliance: ['trust-and-safety'],
        responder: ['on-call'],
        auditor: ['audit'],
        admin: ['platform'],
      },
    },
    owners: {
      issuer: providers.owners.issuer,
      clientId: 'sallyport',
      clientSecret: 'owners-secret-of-the-tests',
      accountsClaim: 'owned_accounts',
    },
    upstreams: [
      {
        name: 'console',
        target: upstream.origin,
        paths: ['/'],
        accountHeader: 'X-Account',
        readRequests: ['POST /search'],
        blocked: ['DELETE /account', 'POST /support-access'],
        routes: { 'GET /invoices/{id}': 'invoice {id}', 'GET /reset/{secret}': 'a reset link' },
        recordQuery: ['page', 'q'],
        ...options.upstream,
      },
    ],
    log: { origin: 'tests.sallyport.localhost/access' },
  };
}

/** No house fills its disk: a file with nothing in it saves each of them writing 64 MiB. */
function standInForReserve(databaseFile: string): void {
  const file = `${databaseFile}.reserve`;
  mkdirSync(dirname(file), { mode: 0o700 });
  writeFileSync(file, '', { mode: 0o600 });
  truncateSync(file, RESERVE_BYTES);
}

/** The gateway of a house, in this process. */
export async function openGateway(house: House): Promise<RunningGateway> {
  const config = readConfig({ file: house.configFile, env: {} });
  return startGateway(
    config,
    createLogger({ level: process.env['SALLYPORT_TEST_LOG'] ?? 'silent' }),
  );
}

/** Somebody at a browser of their own, signed in for real. */
export class Someone {
  readonly browser = new Browser();
  readonly #house: House;

  private constructor(house: House) {
    this.#house = house;
  }

  static async signIn(house: House, realm: 'staff' | 'owners', subject: string): Promise<Someone> {
    const someone = new Someone(house);
    await someone.signInAs(realm, subject);
    return someone;
  }

  static stranger(house: House): Someone {
    return new Someone(house);
  }

  async signInAs(realm: 'staff' | 'owners', subject: string): Promise<void> {
    const page = await this.browser.get(`${this.#house.publicUrl}/auth/${realm}/login`);
    const landed = await this.browser.post(page.url, { subject });
    assert.equal(landed.url.origin, this.#house.publicUrl, landed.text);
  }

  /** A call of the API, as this origin's own page would make it. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await this.browser.fetch(`${this.#house.publicUrl}/api/v1${path}`, {
      method,
      headers: {
        Origin: this.#house.publicUrl,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { status, text, headers: answered } = answer;
    return { status, body: text === '' ? undefined : readJson(text), headers: answered };
  }

  /** Issues a grant, and insists on it. */
  async allow(account: string, wish: Record<string, unknown> = {}): Promise<{ id: string }> {
    const grant = { grantee: 'role:support', scope: 'read', duration: '1h', ...wish };
    const answer = await this.call('POST', `/accounts/${account}/grants`, grant);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }

  /** Opens a visit, and insists on it. */
  async visit(account: string, wish: Record<string, unknown> = {}): Promise<OpenVisit> {
    const answer = await this.call('POST', '/visits', { account, purpose: 'a test', ...wish });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }
}

export interface OpenVisit {
  readonly id: string;
  readonly token: string;
  readonly url: string;
  readonly basis: { readonly kind: string; readonly id: string };
  readonly expiresAt: string;
}

// What the API answers is looked at field by field in the tests, which fail if one is missing.
export function readJson(text: string) {
  return JSON.parse(text);
}

/** A request of a program inside an account, with its visit's token. */
export function enter(
  house: House,
  account: string,
  token: string | undefined,
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const authorization: Record<string, string> =
    token === undefined ? {} : { 'Proxy-Authorization': `Bearer ${token}` };
  return Someone.stranger(house).browser.fetch(`${house.accountUrl(account)}${path}`, {
    ...init,
    headers: { ...authorization, ...init.headers },
  });
}
