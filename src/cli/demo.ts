import { EXIT_MISSING } from './exit.ts';
import { untilStopped } from './until-stopped.ts';

const DRAIN_MS = 1_000;

/** Runs the demonstration until it is told to stop. */
export async function demo(options: { dir?: string; port: string }): Promise<void> {
  const { startDemo } = await loadDemo();
  const running = await startDemo({
    dir: options.dir,
    port: Number(options.port),
    print: (text) => console.log(text),
  });
  await untilStopped(() => running.stop(DRAIN_MS));
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
