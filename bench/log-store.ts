import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  beginning,
  finish,
  invitation,
  look,
  SPECIMEN_ORIGIN,
} from '../src/cli/drill/specimen-log.ts';
import { inviteInto, type Scene } from '../src/cli/drill/specimen-people.ts';
import { parseAccountId } from '../src/domain/account-id.ts';
import type { InstanceId } from '../src/domain/ids.ts';
import { loadPolicy, type Policy } from '../src/policy/policy.ts';
import { openPublisher } from '../src/recorder/open-publisher.ts';
import { Recorder } from '../src/recorder/recorder.ts';
import { systemClock } from '../src/store/clock.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import type { Store } from '../src/store/store.ts';
import { formatVerifierKey } from '../src/tlog/note-key.ts';

const YEAR_MS = 365 * 86_400_000;
/** So many people wait for an answer at any time: the writer takes up to 256 records in one transaction. */
const WAITING = 512;

export interface BenchLog {
  readonly file: string;
  readonly folder: string;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly policy: Policy;
  readonly scene: Scene;
}

/** A log in a folder, of one account that somebody has been let into. There is no reserve beside it. */
export async function openBenchLog(folder: string, name: string): Promise<BenchLog> {
  const file = join(folder, `${name}.db`);
  const instance = randomUUID() as InstanceId;
  const store = await openSqliteStore({ file, instance, retentionMs: YEAR_MS, reserveBytes: 0 });
  const recorder = new Recorder(store, systemClock, 0);
  const policy = await loadPolicy({ model: read('policy.conf'), rules: read('policy.csv') });
  const account = parseAccountId('acme');
  if (account === undefined) throw new Error('acme is no account');
  const scene = inviteInto(account, recorder.now());
  for (const event of [...beginning(instance, policy), ...invitation(scene, policy.digest)])
    await recorder.record([event]);
  return { file, folder, store, recorder, policy, scene };
}

/** Records accesses and their ends, so many records in all, each durable before its answer. */
export async function append(log: BenchLog, records: number): Promise<void> {
  let left = Math.ceil(records / 2);
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await recordAccess(log, `/users/${left}`);
    }
  };
  await Promise.all(Array.from({ length: WAITING }, work));
}

/** One access: its attempt, durable, and then its end. */
export async function recordAccess(
  { recorder, policy, scene }: BenchLog,
  path: string,
): Promise<void> {
  const looking = await recorder.record([look(scene, policy, path)]);
  if (looking.outcome !== 'recorded') throw new Error('an access was refused');
  await recorder.record([finish(scene, looking.recorded[0].index)]);
}

/** Records a second. */
export async function rateOf(log: BenchLog, records: number): Promise<number> {
  const begun = performance.now();
  await append(log, records);
  return records / ((performance.now() - begun) / 1000);
}

/** Signs what is there, as a gateway that stops does; answers with the key to verify it with. */
export async function sign({ store, folder }: BenchLog): Promise<string> {
  const publisher = await openPublisher(
    {
      origin: SPECIMEN_ORIGIN,
      keyFile: join(folder, 'log.key'),
      guardFile: join(folder, 'log.guard'),
    },
    { store, everyMs: 1000, now: () => Date.now(), report: () => {} },
  );
  const begun = performance.now();
  await publisher.publish();
  const { size = 0 } = publisher.published ?? {};
  const seconds = (performance.now() - begun) / 1000;
  console.log(`read back and signed      ${Math.round(size / seconds)} entries/s`);
  await publisher.close();
  return publisher.verifiers.map(formatVerifierKey).join('\n');
}

export async function close({ recorder, store }: BenchLog): Promise<void> {
  await recorder.close();
  await store.close();
}

function read(name: string): string {
  return readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
}
