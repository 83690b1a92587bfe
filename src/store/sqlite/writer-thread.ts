import { parentPort, workerData } from 'node:worker_threads';
import type { Milliseconds } from '../../domain/time.ts';
import { systemClock } from '../clock.ts';
import type { Act, Housekeeping, Redemption, Settled } from '../store.ts';
import { Writer, type WriterOptions } from './writer.ts';

/** What the writer's thread is told to do; one thing at a time. */
export type WriterOrder =
  | { readonly do: 'commit'; readonly acts: readonly Act[] }
  | { readonly do: 'keep'; readonly works: readonly Housekeeping[] }
  | { readonly do: 'close' };

/**
 * What it answers. After `broken` the order's outcome is unknown and it takes no more until it has
 * said `able` again: by then a commit has been shown to reach the disk.
 */
export type WriterReport =
  | { readonly is: 'able' }
  | { readonly is: 'committed'; readonly settled: readonly Settled[] }
  | { readonly is: 'kept'; readonly redemptions: readonly (Redemption | undefined)[] }
  | { readonly is: 'broken'; readonly why: string }
  | { readonly is: 'closed' };

export type WriterThreadOptions = Omit<WriterOptions, 'clock'>;

const REOPEN_EVERY_MS: Milliseconds = 200;

/** The thread around the writer: an fsync never stalls the event loop of the gateway. */
function runThread(port: NonNullable<typeof parentPort>, options: WriterThreadOptions): void {
  let writer: Writer | undefined;
  const report = (what: WriterReport): void => port.postMessage(what);

  const open = (): void => {
    try {
      writer = new Writer({ ...options, clock: systemClock });
      writer.probe();
      report({ is: 'able' });
    } catch (error) {
      abandon(error);
    }
  };

  const abandon = (error: unknown): void => {
    try {
      writer?.close();
    } catch {
      // The file is lost to us either way; what counts is why it broke first.
    }
    writer = undefined;
    report({ is: 'broken', why: error instanceof Error ? error.message : String(error) });
    setTimeout(open, REOPEN_EVERY_MS);
  };

  const obey = (order: WriterOrder): void => {
    if (order.do === 'close') {
      writer?.close();
      report({ is: 'closed' });
      port.close();
      return;
    }
    if (writer === undefined)
      return report({ is: 'broken', why: 'the database is being reopened' });
    try {
      if (order.do === 'commit') report({ is: 'committed', settled: writer.commit(order.acts) });
      else report({ is: 'kept', redemptions: writer.keep(order.works) });
    } catch (error) {
      abandon(error);
    }
  };

  port.on('message', obey);
  open();
}

if (parentPort !== null) runThread(parentPort, workerData as WriterThreadOptions);
