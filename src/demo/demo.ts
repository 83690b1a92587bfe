import { rmSync } from 'node:fs';
import { readConfig } from '../config.ts';
import type { AccountId } from '../domain/account-id.ts';
import { GATEWAY } from '../domain/event.ts';
import type { Milliseconds } from '../domain/time.ts';
import { createLogger } from '../http/log.ts';
import { loopbackFetch } from '../http/loopback-fetch.ts';
import { startGateway } from '../main-gateway.ts';
import type { Foundation } from '../main-foundation.ts';
import { startExampleApp } from './app/start-example-app.ts';
import { startFrontPage } from './front/start-front-page.ts';
import { ACCOUNTS, OWNERS, STAFF } from './people.ts';
import { clientOf, planDemo, UPSTREAM, writeConfig } from './plan.ts';
import { startProvider } from './provider/start-provider.ts';
import { addressesOf, printedWalk, signInsOf, walkOf } from './walk.ts';

export interface RunningDemo {
  readonly publicUrl: string;
  readonly frontUrl: string;
  stop(drainMs: Milliseconds): Promise<void>;
}

/** Starts everything at once on this machine, and prints where it is and what to try. */
export async function startDemo(wish: {
  dir: string | undefined;
  port: number;
  print: (text: string) => void;
}): Promise<RunningDemo> {
  const plan = planDemo(wish);
  const { ports } = plan;
  const started: { close(): Promise<void> }[] = [];
  const keep = async <Thing extends { close(): Promise<void> }>(start: Promise<Thing>) => {
    const thing = await start;
    started.push(thing);
    return thing;
  };
  const closeAll = async () => {
    await Promise.all(started.map((thing) => thing.close()));
  };
  try {
    const staff = await keep(provide('staff', 'Example staff', ports.staff, STAFF, plan));
    const owners = await keep(provide('owners', 'Example customers', ports.owners, OWNERS, plan));
    const issuers = { staff: staff.issuer, owners: owners.issuer };
    await keep(
      startExampleApp({
        port: ports.app,
        issuer: plan.publicUrl,
        audience: UPSTREAM,
        fetch: loopbackFetch,
      }),
    );
    await keep(
      startFrontPage({
        port: ports.front,
        walk: walkOf(plan),
        signIns: signInsOf(),
        addresses: addressesOf(plan, issuers),
      }),
    );
    writeConfig(plan, issuers);
    const config = readConfig({ file: plan.configFile, env: {} });
    const gateway = await startGateway(config, createLogger({ level: 'warn' }), registerAccounts);
    wish.print(printedWalk(plan, issuers));
    wish.print(`sallyport listening on ${gateway.url}`);
    return {
      publicUrl: plan.publicUrl,
      frontUrl: plan.frontUrl,
      stop: async (drainMs) => {
        await gateway.stop(drainMs);
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    if (wish.dir === undefined) rmSync(plan.dir, { recursive: true, force: true });
    throw error;
  }
}

function provide(
  realm: 'staff' | 'owners',
  title: string,
  port: number,
  people: typeof STAFF,
  plan: ReturnType<typeof planDemo>,
) {
  return startProvider({ realm, port, title, people, clients: [clientOf(plan, realm)] });
}

/** The accounts are known before their owners have signed in, so that the walk can begin with a refusal. */
async function registerAccounts({ recorder }: Foundation): Promise<void> {
  for (const id of ACCOUNTS as readonly string[] as readonly AccountId[])
    await recorder.record([{ event: 'account.registered', actor: GATEWAY, account: id }], {
      changes: [{ put: 'account', account: { id, name: undefined, registeredAt: recorder.now() } }],
      conditions: [{ that: 'account-unregistered', account: id }],
    });
}
