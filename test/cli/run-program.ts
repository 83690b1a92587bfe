import assert from 'node:assert/strict';
import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How a program ended, and what it said. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that was started. */
export interface Run {
  readonly ended: Promise<Ending>;
  /** Settles with the match once standard output matches; rejects when the program ends first. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the program a signal; does nothing when it has ended. */
  signal(name: NodeJS.Signals): void;
}

/** Starts a program without standard input and collects what it says. */
export function runProgram(
  program: string,
  args: readonly string[],
  where: Pick<SpawnOptions, 'cwd' | 'env'> = {},
): Run {
  const child = spawn(program, args, { ...where, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(
    (): Ending => ({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
  );
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(stdout);
      if (match !== null) return match;
      await Promise.race([once(child.stdout, 'data'), failWhen(ended)]);
    }
  };
  assert.ok(child.pid !== undefined, `${program} did not start`);
  return { ended, says, signal: (name) => child.kill(name) };
}

async function failWhen(ended: Promise<Ending>): Promise<never> {
  const { code, signal, stdout, stderr } = await ended;
  throw new Error(`ended with ${code ?? signal} before it said so: ${stdout}${stderr}`);
}
