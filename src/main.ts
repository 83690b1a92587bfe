import { runCommand } from './cli/cli.ts';

/** Runs one command line, without the program's own name: `['serve', '--config', 'FILE']`. */
export async function main(argv: readonly string[]): Promise<void> {
  await runCommand(argv);
}
