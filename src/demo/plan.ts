import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where everything of one demonstration is: addresses, files, secrets. */
export interface DemoPlan {
  readonly dir: string;
  readonly ports: {
    readonly gateway: number;
    readonly front: number;
    readonly staff: number;
    readonly owners: number;
    readonly app: number;
  };
  readonly publicUrl: string;
  readonly accountUrl: string;
  readonly frontUrl: string;
  readonly secrets: { readonly staff: string; readonly owners: string };
  readonly configFile: string;
}

const CLIENT_ID = 'sallyport';
export const UPSTREAM = 'console';

/** Plans a demonstration in a folder of its own, five ports from `port` on. */
export function planDemo({ dir, port }: { dir: string | undefined; port: number }): DemoPlan {
  const folder = dir === undefined ? mkdtempSync(join(tmpdir(), 'sallyport-demo-')) : resolve(dir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    dir: folder,
    ports: { gateway: port, front: port + 1, staff: port + 2, owners: port + 3, app: port + 4 },
    publicUrl: `http://sallyport.localhost:${port}`,
    accountUrl: `http://{account}.accounts.localhost:${port}`,
    frontUrl: `http://localhost:${port + 1}`,
    secrets: { staff: makeSecret(), owners: makeSecret() },
    configFile: join(folder, 'sallyport.yaml'),
  };
}

export function accountOrigin(plan: DemoPlan, account: string): string {
  return plan.accountUrl.replace('{account}', account);
}

/** What one identity provider knows of the gateway. */
export function clientOf(plan: DemoPlan, realm: 'staff' | 'owners') {
  return {
    clientId: CLIENT_ID,
    clientSecret: plan.secrets[realm],
    redirectUris: [`${plan.publicUrl}/auth/${realm}/callback`],
    postLogoutRedirectUris: [`${plan.publicUrl}/`],
  };
}

/** The configuration of the gateway, written down as an operator would write it. */
export function writeConfig(plan: DemoPlan, issuers: { staff: string; owners: string }): void {
  writeSecret(join(plan.dir, 'staff.secret'), plan.secrets.staff);
  writeSecret(join(plan.dir, 'owners.secret'), plan.secrets.owners);
  writeFileSync(plan.configFile, configText(plan, issuers), { mode: 0o600 });
}

function configText(plan: DemoPlan, issuers: { staff: string; owners: string }): string {
  return `# The configuration of this demonstration. docs/configuration.md explains every key.
product: { name: Example }
listen: { host: 127.0.0.1, port: ${plan.ports.gateway} }
publicUrl: ${plan.publicUrl}
accountUrl: "${plan.accountUrl}"
store: sqlite:data/sallyport.db
staff:
  issuer: ${issuers.staff}
  clientId: ${CLIENT_ID}
  clientSecretFile: staff.secret
  rolesClaim: groups
  roles: { support: [support], compliance: [trust-and-safety], auditor: [audit], admin: [platform] }
owners:
  issuer: ${issuers.owners}
  clientId: ${CLIENT_ID}
  clientSecretFile: owners.secret
  accountsClaim: owned_accounts
upstreams:
  - name: ${UPSTREAM}
    target: http://127.0.0.1:${plan.ports.app}
    paths: [/]
    readRequests: ["POST /api/search"]
    blocked: ["POST /support-access"]
    routes: { "GET /invoices/{id}": "invoice {id}", "GET /invoices": "invoices", "GET /users": "users", "GET /alerts": "alerts", "POST /settings": "settings", "GET /settings": "settings" }
    recordQuery: [page, q]
log: { origin: demo.sallyport.localhost/access }
`;
}

function writeSecret(file: string, secret: string): void {
  writeFileSync(file, secret, { mode: 0o600 });
}

function makeSecret(): string {
  return randomBytes(24).toString('base64url');
}
