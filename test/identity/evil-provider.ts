import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { createRealmClient, type RealmClient } from '../../src/identity/realm-client.ts';
import type { Transaction } from '../../src/identity/transaction.ts';

export const CLIENT_ID = 'sallyport';
export const CLIENT_SECRET = 'a secret & more: ü%';
export const CALLBACK = new URL('http://sallyport.localhost:9/auth/staff/callback');

type Answer = { status?: number; body: unknown } | 'silence' | 'hang up' | 'half';

/**
 * A provider that says whatever a test wants. Unless told otherwise it is honest: what it gives out
 * for a transaction is accepted, so each lie is refused for itself.
 */
export class EvilProvider {
  issuer = '';
  /** Requests by path, with what came in them. */
  readonly requests: { path: string; authorization: string | undefined; body: string }[] = [];
  /** Changes to what is said at each path. */
  metadata: Record<string, unknown> = {};
  claims: JWTPayload = {};
  /** Claims to leave out of the ID token. */
  without: string[] = [];
  header: { alg: string; kid?: string } = { alg: 'RS256', kid: 'one' };
  answers: Partial<Record<string, Answer>> = {};
  userinfo: Record<string, unknown> | undefined;
  /** Makes the ID token by hand. */
  forge: ((claims: JWTPayload) => Promise<string>) | undefined;
  #transaction: Transaction | undefined;
  readonly #keys = generateKeyPair('RS256', { extractable: true });
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url?.split('?', 1)[0] ?? '';
      const { authorization } = request.headers;
      this.requests.push({ path, authorization, body: Buffer.concat(chunks).toString() });
      void this.#answer(path, response);
    });
  });

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.issuer = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close().closeAllConnections();
  }

  client(more: { timeoutMs?: number; scopes?: string[]; now?: () => number } = {}): RealmClient {
    return createRealmClient({
      realm: 'staff',
      rolesClaim: 'groups',
      roles: { support: ['support'] },
      issuer: this.issuer,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      scopes: ['openid'],
      redirectUri: CALLBACK,
      ...more,
    });
  }

  /** Begins a sign-in, and gives what an honest browser would bring back. */
  async begin(
    client: RealmClient,
    wish: { maxAge?: number } = {},
  ): Promise<{ transaction: Transaction; parameters: URLSearchParams; url: URL }> {
    const { url, transaction } = await client.begin({ returnTo: '/', ...wish });
    this.#transaction = transaction;
    const parameters = new URLSearchParams({ code: 'a-code', state: transaction.state });
    return { transaction, parameters, url };
  }

  async publicKey(): Promise<CryptoKey> {
    return (await this.#keys).publicKey;
  }

  async sign(claims: JWTPayload, header = this.header): Promise<string> {
    return new SignJWT(claims).setProtectedHeader(header).sign((await this.#keys).privateKey);
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    const answer = this.answers[path] ?? { body: await this.#honest(path) };
    if (answer === 'silence') return;
    if (answer === 'hang up') {
      response.destroy();
      return;
    }
    if (answer === 'half') {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{"a":', () => response.destroy());
      return;
    }
    response.writeHead(answer.status ?? 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  }

  async #honest(path: string): Promise<unknown> {
    switch (path) {
      case '/.well-known/openid-configuration':
        return this.#configuration();
      case '/jwks': {
        const jwk = await exportJWK((await this.#keys).publicKey);
        return { keys: [{ ...jwk, kid: 'one', alg: 'RS256', use: 'sig' }] };
      }
      case '/token':
        return {
          access_token: 'an-access-token',
          token_type: 'Bearer',
          id_token: await this.#idToken(),
        };
      default:
        return this.userinfo ?? {};
    }
  }

  #configuration(): Record<string, unknown> {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/jwks`,
      id_token_signing_alg_values_supported: ['RS256'],
      ...(this.userinfo === undefined ? {} : { userinfo_endpoint: `${this.issuer}/userinfo` }),
      ...this.metadata,
    };
  }

  async #idToken(): Promise<string> {
    const seconds = Math.floor(Date.now() / 1_000);
    const claims: JWTPayload = {
      iss: this.issuer,
      aud: CLIENT_ID,
      sub: 'sam',
      iat: seconds,
      exp: seconds + 300,
      nonce: this.#transaction?.nonce,
      groups: ['support'],
      ...this.claims,
    };
    const said = Object.entries(claims).filter(([name]) => !this.without.includes(name));
    const kept = Object.fromEntries(said);
    return this.forge === undefined ? this.sign(kept) : this.forge(kept);
  }
}
