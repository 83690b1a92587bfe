import { type Config, readConfig } from '../config.ts';
import { createLogger } from '../http/log.ts';
import { type RunningGateway, startGateway } from '../main-gateway.ts';
import { exitUnableToStart, exitWithMistakes } from './exit.ts';
import { hearStopSignal } from './stop-signal.ts';

const DRAIN_MS = 10_000;

/** Runs the gateway until it is told to stop. */
export async function serve(options: { config: string }): Promise<void> {
  const told = hearStopSignal();
  const logger = createLogger();
  const gateway = await start(readOrExit(options.config), logger);
  console.log(`sallyport listening on ${gateway.url}`);
  await told;
  await gateway.stop(DRAIN_MS);
  process.exit(0);
}

function readOrExit(file: string): Config {
  try {
    return readConfig({ file, env: process.env });
  } catch (error) {
    exitWithMistakes(error);
  }
}

async function start(
  config: Config,
  logger: ReturnType<typeof createLogger>,
): Promise<RunningGateway> {
  try {
    return await startGateway(config, logger);
  } catch (error) {
    return exitUnableToStart(error, logger);
  }
}
