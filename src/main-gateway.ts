import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import express, { type Router } from 'express';
import type { Logger } from 'pino';
import { type Config, ConfigRefused } from './config.ts';
import type { Milliseconds } from './domain/time.ts';
import { createListener, type Listener } from './http/listener.ts';
import { buildDataPlane, type DataPlane } from './main-account-door.ts';
import { type Foundation, layFoundation } from './main-foundation.ts';
import { buildHallway } from './main-hallway.ts';
import { buildHealth, buildPublicDoor } from './main-public-door.ts';
import { recordStop } from './recorder/record-stop.ts';

export interface RunningGateway {
  /** The origin of pages and API. */
  readonly url: string;
  readonly port: number;
  /** Accepts nothing more, lets what is open finish for at most `drainMs`, writes the last records. */
  stop(drainMs: Milliseconds): Promise<void>;
}

const SWEEP_EVERY_MS: Milliseconds = 3_600_000;
/** Exchanges that do not end by themselves are cut this long before their connections are. */
const LAST_RECORDS_MS: Milliseconds = 500;

/**
 * Builds the rooms in order, from the cellar up, and opens the doors. Throws `ConfigRefused`,
 * `PolicyRefused`, `LogRefused`, or the fault that keeps the store or the address from being opened. `prepare` runs
 * when the lower floors stand, before anybody can come in.
 */
export async function startGateway(
  config: Config,
  logger: Logger,
  prepare: (foundation: Foundation) => Promise<void> = async () => {},
): Promise<RunningGateway> {
  refuseUnbuilt(config, (text) => logger.warn(text));
  const foundation = await layFoundation(config, logger);
  await prepare(foundation);
  const hallway = buildHallway(config, foundation, logger);
  const plane = buildDataPlane(config, foundation, hallway, logger);
  const state = { isDraining: false };
  const health = buildHealth(foundation, hallway, plane, () => state.isDraining);
  const { publicUrl, accountUrl } = config;
  const listener = createListener({
    publicUrl,
    accountUrl,
    publicDoor: buildPublicDoor(config, foundation, hallway, plane, logger, health),
    accountDoor: plane.door,
    logger,
  });
  const { port, admin } = await openDoors(config, listener, health).catch(
    async (error: unknown) => {
      await closeFoundation(foundation, plane, logger);
      throw error;
    },
  );
  const sweep = startSweeping(foundation, logger);
  const stop = async (drainMs: Milliseconds): Promise<void> => {
    state.isDraining = true;
    clearInterval(sweep);
    await drain(listener, plane, drainMs);
    admin?.close();
    await closeFoundation(foundation, plane, logger);
  };
  return { url: publicUrl.origin, port, stop };
}

/** What this version cannot do it says. Where doing without it would weaken a promise, it does not start. */
export function refuseUnbuilt(config: Config, warn: (text: string) => void): void {
  if (config.listen.tls !== undefined)
    throw new ConfigRefused(config.file, [
      {
        path: 'listen.tls',
        detail: 'this version does not terminate TLS; put a proxy in front',
      },
    ]);
  if (config.notices !== undefined) warn('notices: this version sends none');
  if (config.services.length > 0) warn('services: this version has no service tokens');
}

async function openDoors(
  config: Config,
  listener: Listener,
  health: Router,
): Promise<{ port: number; admin: Server | undefined }> {
  const { port } = await listener.listen(config.listen);
  return { port, admin: await openAdmin(config, health) };
}

async function openAdmin(config: Config, health: Router): Promise<Server | undefined> {
  const { admin } = config.listen;
  if (admin === undefined) return undefined;
  const app = express();
  app.disable('x-powered-by');
  app.use(health);
  const server = createServer(app);
  server.listen(admin.port, admin.host);
  await once(server, 'listening');
  return server;
}

function startSweeping({ store, recorder }: Foundation, logger: Logger): NodeJS.Timeout {
  const sweep = (): void => {
    store
      .keep({ do: 'sweep', at: recorder.now() })
      .catch((err: unknown) => logger.warn({ err }, 'rows that had run out were not removed'));
  };
  const timer = setInterval(sweep, SWEEP_EVERY_MS);
  timer.unref();
  return timer;
}

async function drain(listener: Listener, plane: DataPlane, drainMs: Milliseconds): Promise<void> {
  const cutAfter = Math.max(0, drainMs - LAST_RECORDS_MS);
  const cut = setTimeout(() => plane.exchanges.cutAll('shutdown'), cutAfter);
  await listener.drain({ deadlineMs: drainMs });
  clearTimeout(cut);
  plane.exchanges.cutAll('shutdown');
}

async function closeFoundation(
  { recorder, publisher, witnessing, heartbeat, retention, store }: Foundation,
  { anonymous, pools }: DataPlane,
  logger: Logger,
): Promise<void> {
  heartbeat.stop();
  await retention.close();
  await anonymous.close();
  const isRecorded = await recordStop(recorder, store.instance);
  if (!isRecorded) logger.error('the last records could not be written');
  await recorder.close();
  await publisher.close();
  await witnessing?.close();
  await store.close();
  await pools.close();
}
