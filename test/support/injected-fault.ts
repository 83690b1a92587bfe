import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

export interface Fault {
  /** System calls, as strace names them: `fsync,fdatasync`. */
  readonly calls: string;
  /** What happens to them: `error=EIO`, `delay_enter=3000000`. */
  readonly how: string;
  /** Only calls that touch these files. */
  readonly files: readonly string[];
}

/**
 * Has the kernel's answers to this very process replaced by strace, as a broken disk would. Answers with
 * the way to heal it; it is healed at the end of the test in any case.
 */
export async function injectFault(test: TestContext, fault: Fault): Promise<() => Promise<void>> {
  const trace = join(temporaryFolder(test), 'trace');
  const paths = fault.files.flatMap((file) => ['-P', file]);
  const strace = spawn(
    'strace',
    [
      '-f',
      '-o',
      trace,
      ...paths,
      '-e',
      `inject=${fault.calls}:${fault.how}`,
      '-p',
      `${process.pid}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  strace.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until('strace has attached', () => /attached/.test(said));
  const heal = async (): Promise<void> => {
    if (strace.exitCode !== null || strace.signalCode !== null) return;
    const ended = once(strace, 'exit');
    strace.kill('SIGTERM');
    await ended;
    rmSync(trace, { force: true });
  };
  test.after(heal);
  return heal;
}
