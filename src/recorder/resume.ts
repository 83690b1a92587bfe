import { type AccessInterrupted, GATEWAY } from '../domain/event.ts';
import type { Store } from '../store/store.ts';
import { endOf, type Recorder } from './recorder.ts';

/**
 * Begins the log if there is none, and ends the attempts of instances that no longer run: what a
 * crash left open is closed in the same way as anything else, by an entry. Throws `log-unavailable`.
 */
export async function resumeLog(
  recorder: Recorder,
  store: Store,
  origin: string,
): Promise<{ readonly interrupted: number }> {
  const { size } = await store.reader.logState();
  if (size === 0)
    await recorder.record([
      { event: 'log.begun', actor: GATEWAY, origin, format: 'sallyport-log/v1' },
    ]);
  const abandoned = await store.reader.abandonedAttempts(store.instance);
  for (const { index, account } of abandoned) {
    const end: AccessInterrupted = {
      event: 'access.interrupted',
      actor: GATEWAY,
      account,
      attempt: index,
      why: 'crash',
    };
    await recorder.record([end], endOf(end));
  }
  return { interrupted: abandoned.length };
}
