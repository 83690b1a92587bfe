import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseVerifierKey, type VerifierKey } from '../../src/tlog/note-key.ts';
import { type Run, runProgram } from '../cli/run-program.ts';
import { sha256 } from './sha256.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));

export interface WitnessPlace {
  readonly folder: string;
  readonly name: string;
  /** 0 takes any. */
  readonly port?: number;
}

/** A witness in a process of its own, started the way an operator starts it. */
export interface WitnessProcess {
  readonly url: string;
  readonly port: number;
  readonly run: Run;
  /** SIGTERM, and insists on a clean end. */
  stop(): Promise<void>;
}

/** The line that `sallyport witness key` prints; it makes the key. */
export function witnessKey({ folder, name }: WitnessPlace): { line: string; key: VerifierKey } {
  const args = ['witness', 'key', '--key', join(folder, 'witness.key'), '--name', name];
  const line = execFileSync(process.execPath, [LAUNCHER, ...args], { encoding: 'utf8' }).trim();
  return { line, key: parseVerifierKey(sha256, line) };
}

/** Starts it, whatever becomes of it. */
export function runWitness(place: WitnessPlace, logKeys: readonly string[]): Run {
  const { folder, name, port = 0 } = place;
  const args = ['--listen', `127.0.0.1:${port}`, '--name', name];
  args.push('--key', join(folder, 'witness.key'), '--state', join(folder, 'state'));
  for (const key of logKeys) args.push('--log', key);
  return runProgram(process.execPath, [LAUNCHER, 'witness', ...args]);
}

/** Starts it and waits until it takes requests. */
export async function startWitness(
  place: WitnessPlace,
  logKeys: readonly string[],
): Promise<WitnessProcess> {
  const run = runWitness(place, logKeys);
  const [, url = '', port] = await run.says(
    /^sallyport witness listening on (http:\/\/\S+:(\d+))$/m,
  );
  return {
    url,
    port: Number(port),
    run,
    stop: async () => {
      run.signal('SIGTERM');
      const { code, stderr } = await run.ended;
      assert.equal(code, 0, stderr);
    },
  };
}
