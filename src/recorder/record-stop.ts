import { GATEWAY } from '../domain/event.ts';
import type { InstanceId } from '../domain/ids.ts';
import type { Milliseconds } from '../domain/time.ts';
import type { Recorder } from './recorder.ts';

/** Long enough to find the disk full and to free the reserve. */
const WITHIN_MS: Milliseconds = 2000;

/** Records that an instance stops, behind the ends it still owes. Whether it could be written in time. */
export async function recordStop(recorder: Recorder, instance: InstanceId): Promise<boolean> {
  await recorder.settleEnds(WITHIN_MS);
  return recorder.insist({ event: 'gateway.stopped', actor: GATEWAY, instance }, WITHIN_MS);
}
