import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { House } from './house.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));
const COMPILED = join(tmpdir(), 'sallyport-tests-compiled');
const LISTENING = 'sallyport listening on ';

/** How a program ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A gateway in a process of its own, started the way an operator starts it. */
export interface GatewayProcess {
  /** Of the program that was started: npm's, with `npmStart`. */
  readonly pid: number;
  /** Lines, as they come. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Settles when it has ended and everything it said has been read. */
  readonly ended: Promise<Ending>;
  /** To the program; with `npmStart` to its whole process group, as a terminal or supervisor sends it. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL, and waits until nothing of it is left. */
  kill(): Promise<void>;
  /** SIGTERM, and insists on a clean end. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** What stands before the program's own command line, such as a tracer's. */
  readonly under?: readonly string[];
}

/** Starts the gateway of a house with Node itself, and waits until it takes requests. */
export async function startProcess(
  house: House,
  options: StartOptions = {},
): Promise<GatewayProcess> {
  const running = runGateway(house, options);
  await untilListening(running, house);
  return running;
}

/** Starts it with Node itself, whatever becomes of it. */
export function runGateway(house: House, { under = [] }: StartOptions = {}): GatewayProcess {
  const serve = [process.execPath, LAUNCHER, 'serve', '--config', house.configFile];
  return run([...under, ...serve], { isGroup: false });
}

/** Starts it as `npm start -- --config FILE`, in a process group of its own, and waits until it takes requests. */
export async function npmStart(house: House): Promise<GatewayProcess> {
  const running = run(['npm', 'start', '--', '--config', house.configFile], { isGroup: true });
  await untilListening(running, house);
  return running;
}

function run(line: readonly string[], { isGroup }: { isGroup: boolean }): GatewayProcess {
  const [program = '', ...args] = line;
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: isGroup,
    // The tests start it some thirty times: what Node has compiled once it need not compile again.
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  });
  const { pid } = child;
  assert.ok(pid !== undefined, `${program} did not start`);
  const stdout = linesOf(child.stdout);
  const stderr = linesOf(child.stderr);
  const ended = endOf(child);
  const signal = (name: NodeJS.Signals): void => sendSignal(isGroup ? -pid : pid, name);
  return {
    pid,
    stdout,
    stderr,
    ended,
    signal,
    kill: async () => {
      signal('SIGKILL');
      await ended;
    },
    stop: async () => {
      signal('SIGTERM');
      assert.deepEqual(await ended, { code: 0, signal: null }, stderr.join('\n'));
    },
  };
}

function linesOf(stream: NodeJS.ReadableStream): string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on('line', (line) => lines.push(line));
  return lines;
}

async function endOf(child: ChildProcess): Promise<Ending> {
  await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode };
}

/** Whoever has ended already needs no signal. */
function sendSignal(to: number, name: NodeJS.Signals): void {
  try {
    process.kill(to, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function untilListening(running: GatewayProcess, house: House): Promise<void> {
  let ending: Ending | undefined;
  void running.ended.then((ended) => (ending = ended));
  const listening = `${LISTENING}${house.publicUrl}`;
  try {
    await until(
      'the gateway listens',
      () => running.stdout.includes(listening) || ending !== undefined,
    );
  } catch (error) {
    await running.kill();
    throw error;
  }
  const how = ending?.code ?? ending?.signal;
  assert.equal(how, undefined, `it ended with ${how} before it listened:\n${saidBy(running)}`);
}

function saidBy({ stdout, stderr }: GatewayProcess): string {
  return [...stdout, ...stderr].join('\n');
}

/** Waits for a condition, looking every few milliseconds; fails with its name when it does not come true. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  deadlineMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline)
      assert.fail(`it did not come true in ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The processes that were started by this one, directly or not, and are still there. */
export function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

/** Whether a process is there and has not ended. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
