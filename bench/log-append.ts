import { setTimeout as wait } from 'node:timers/promises';
import { append, type BenchLog, close, openBenchLog, rateOf, recordAccess } from './log-store.ts';
import { measureFsync } from './machine.ts';
import { describeSpread, spreadOf } from './spread.ts';

const ROUND = 40_000;
const ROUNDS = 7;
const YOUNG = 10_000;

/** How many records a second, on a young log and on one of `large` entries, rounds taking turns. */
export async function benchAppend(folder: string, large: number): Promise<BenchLog> {
  const young = await openBenchLog(folder, 'young');
  const old = await openBenchLog(folder, 'old');
  await append(young, YOUNG);
  await fill(old, large);
  const rates = { young: [] as number[], old: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.young.push(await rateOf(young, ROUND));
    rates.old.push(await rateOf(old, ROUND));
  }
  const [few, many] = [spreadOf(rates.young), spreadOf(rates.old)];
  console.log(`append, log of ${YOUNG}: ${describeSpread(few, 'records/s')} (wanted: 10000)`);
  console.log(`append, log of ${large}: ${describeSpread(many, 'records/s')}`);
  console.log(`ratio: ${(many.median / few.median).toFixed(2)} (wanted: at least 0.90)`);
  await benchLatency(young, folder);
  await close(young);
  return old;
}

/** What recording adds to a request when 500 records a second are written: an attempt and its end are two. */
async function benchLatency(log: BenchLog, folder: string): Promise<void> {
  const times: number[] = [];
  const waiting: Promise<void>[] = [];
  const begun = performance.now();
  for (let n = 0; n < 2500; n += 1) {
    await wait(Math.max(0, begun + n * 4 - performance.now()));
    waiting.push(timed(log, times));
  }
  await Promise.all(waiting);
  const fsync = measureFsync(folder);
  console.log(`attempt and end at 500 records/s: ${describeSpread(spreadOf(times), 'ms')}`);
  console.log(
    `  (wanted: p99 of one record at most 10 ms; fsync then: ${describeSpread(fsync, 'ms')})`,
  );
}

async function timed(log: BenchLog, times: number[]): Promise<void> {
  const begun = performance.now();
  await recordAccess(log, '/users');
  times.push((performance.now() - begun) / 2);
}

async function fill(log: BenchLog, size: number): Promise<void> {
  const step = 250_000;
  for (let at = 0; at < size; at += step) {
    const rate = await rateOf(log, Math.min(step, size - at));
    console.error(
      `  filling: ${Math.min(at + step, size)} of ${size}, ${Math.round(rate)} records/s`,
    );
  }
}
