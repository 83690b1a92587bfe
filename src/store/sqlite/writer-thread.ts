import { parentPort, workerData } from 'node:worker_threads';
import type { Milliseconds } from '../../domain/time.ts';
import { systemClock } from '../clock.ts';
import type { Act, Housekeeping, Settled } from '../store.ts';
import type { LogTip } from './appender.ts';
import { isDiskFull } from './disk-full.ts';
import { type Kept, Writer, type WriterOptions } from './writer.ts';

/** What the writer's thread is told to do; one thing at a time. */
export type WriterOrder =
  | { readonly do: 'commit'; readonly acts: readonly Act[] }
  | { readonly do: 'keep'; readonly works: readonly Housekeeping[] }
  | { readonly do: 'check' }
  | { readonly do: 'close' };

/**
 * What it answers. After `broken` the order's outcome is unknown and it takes no more until it has
 * said `able` again: by then a commit has been shown to reach the disk.
 */
export type WriterReport =
  | { readonly is: 'able'; readonly tip: LogTip | undefined }
  | {
      readonly is: 'committed';
      readonly settled: readonly Settled[];
      readonly tip: LogTip | undefined;
    }
  | { readonly is: 'kept'; readonly kept: readonly Kept[] }
  | { readonly is: 'checked' }
  | { readonly is: 'broken'; readonly why: string; readonly isDiskFull: boolean };

export type WriterThreadOptions = Omit<WriterOptions, 'clock'>;

const REOPEN_EVERY_MS: Milliseconds = 200;
const REOPENING: WriterReport = {
  is: 'broken',
  why: 'the database is being reopened',
  isDiskFull: false,
};

/** The thread around the writer: an fsync never stalls the event loop of the gateway. */
class WriterThread {
  readonly #port: NonNullable<typeof parentPort>;
  readonly #options: WriterThreadOptions;
  #writer: Writer | undefined;
  #tip: LogTip | undefined;
  #reopening: NodeJS.Timeout | undefined;

  constructor(port: NonNullable<typeof parentPort>, options: WriterThreadOptions) {
    this.#port = port;
    this.#options = options;
    this.#tip = options.tip;
  }

  start(): void {
    this.#port.on('message', (order: WriterOrder) => this.#obey(order));
    this.#open();
  }

  #open(): void {
    this.#dare(() => {
      this.#writer = new Writer({ ...this.#options, tip: this.#tip, clock: systemClock });
      this.#writer.probe();
      this.#tip = this.#writer.tip;
      return { is: 'able', tip: this.#tip };
    });
  }

  #obey(order: WriterOrder): void {
    if (order.do === 'close') return this.#close();
    const writer = this.#writer;
    if (writer === undefined) return this.#port.postMessage(REOPENING);
    this.#dare(() => this.#execute(writer, order));
  }

  #execute(writer: Writer, order: Exclude<WriterOrder, { do: 'close' }>): WriterReport {
    switch (order.do) {
      case 'commit': {
        const settled = writer.commit(order.acts);
        this.#tip = writer.tip;
        return { is: 'committed', settled, tip: this.#tip };
      }
      case 'keep':
        return { is: 'kept', kept: writer.keep(order.works) };
      case 'check':
        writer.checkFile();
        return { is: 'checked' };
    }
  }

  /** Reports what the work answers, or that the writer broke in it and is being made anew. */
  #dare(work: () => WriterReport): void {
    let report: WriterReport;
    try {
      report = work();
    } catch (error) {
      this.#abandonWriter();
      this.#reopening = setTimeout(() => this.#open(), REOPEN_EVERY_MS);
      const why = error instanceof Error ? error.message : String(error);
      report = { is: 'broken', why, isDiskFull: isDiskFull(error) };
    }
    this.#port.postMessage(report);
  }

  #abandonWriter(): void {
    try {
      this.#writer?.close();
    } catch {
      // The file is lost to us either way; what counts is why it broke first.
    }
    this.#writer = undefined;
  }

  #close(): void {
    clearTimeout(this.#reopening);
    this.#abandonWriter();
    this.#port.close();
  }
}

if (parentPort !== null) new WriterThread(parentPort, workerData as WriterThreadOptions).start();
