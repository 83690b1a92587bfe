import { EXIT_FAULT, EXIT_MISSING, EXIT_MISTAKE } from './exit.ts';
import { hearStopSignal } from './stop-signal.ts';

const DRAIN_MS = 1_000;
const LAST_PORT = 65_535;

/** Runs the demonstration until it is told to stop. */
export async function demo(options: { dir?: string; port: string }): Promise<void> {
  const port = readPort(options.port);
  const told = hearStopSignal();
  const { startDemo } = await loadDemo();
  const running = await startDemo({
    dir: options.dir,
    port,
    print: (text) => console.log(text),
  }).catch(exitWithReason);
  await told;
  await running.stop(DRAIN_MS);
  process.exit(0);
}

/** The first of five ports in a row. */
function readPort(text: string): number {
  const port = Number(text);
  if (/^[1-9][0-9]*$/.test(text) && port <= LAST_PORT - 4) return port;
  console.error(`--port must be a number from 1 to ${LAST_PORT - 4}, not ${text}`);
  process.exit(EXIT_MISTAKE);
}

function exitWithReason(error: unknown): never {
  console.error(`the demo cannot start: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    console.error('Another program uses that port; --port takes five others from a number on.');
  process.exit(EXIT_FAULT);
}

/** Its identity provider is a development package: a production installation does not have it. */
async function loadDemo() {
  try {
    return await import('../demo/demo.ts');
  } catch (error) {
    if (!isMissingPackage(error)) throw error;
    console.error(
      'The demo needs the development packages: run it in a checkout, after `npm ci`. Here there is only `sallyport serve --config FILE`.',
    );
    process.exit(EXIT_MISSING);
  }
}

function isMissingPackage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
