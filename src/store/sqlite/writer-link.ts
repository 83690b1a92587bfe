import { Worker } from 'node:worker_threads';
import type { Milliseconds } from '../../domain/time.ts';
import type { LogTip } from './appender.ts';
import { threadUrl } from './thread-url.ts';
import type { WriterOrder, WriterReport, WriterThreadOptions } from './writer-thread.ts';

export type WriterLinkOptions = Omit<WriterThreadOptions, 'tip'>;

const REPLACE_AFTER_MS: Milliseconds = 200;

/**
 * The thread that writes, as the main thread sees it: it is given one order at a time and answers each
 * with one report. A thread that died is replaced; its death is a report too.
 */
export class WriterLink {
  readonly #options: WriterLinkOptions;
  readonly #hear: (report: WriterReport) => void;
  /** `undefined` between the death of one and the start of another. */
  #worker: Worker | undefined;
  #tip: LogTip | undefined;
  #isClosing = false;

  constructor(options: WriterLinkOptions, hear: (report: WriterReport) => void) {
    this.#options = options;
    this.#hear = hear;
    this.#worker = this.#startWorker();
  }

  order(order: WriterOrder): void {
    this.#worker?.postMessage(order);
  }

  /** Whether the thread has ended by the deadline. One that hangs in a system call cannot be ended. */
  async close(deadlineMs: Milliseconds): Promise<boolean> {
    this.#isClosing = true;
    const worker = this.#worker;
    if (worker === undefined) return true;
    const exited = new Promise<true>((resolve) => worker.once('exit', () => resolve(true)));
    this.order({ do: 'close' });
    return Promise.race([exited, after(deadlineMs)]);
  }

  #startWorker(): Worker {
    const { file, instance, retentionMs } = this.#options;
    const workerData: WriterThreadOptions = { file, instance, retentionMs, tip: this.#tip };
    const worker = new Worker(threadUrl('writer-thread'), { workerData });
    let why = 'it ended';
    worker.on('message', (report: WriterReport) => this.#pass(report));
    worker.on('error', (error: Error) => (why = error.message));
    worker.on('exit', () => this.#replace(why));
    return worker;
  }

  #pass(report: WriterReport): void {
    if (report.is === 'able' || report.is === 'committed') this.#tip = report.tip;
    this.#hear(report);
  }

  #replace(why: string): void {
    this.#worker = undefined;
    if (this.#isClosing) return;
    this.#hear({ is: 'broken', why: `the writer died: ${why}`, isDiskFull: false });
    setTimeout(() => {
      if (!this.#isClosing) this.#worker = this.#startWorker();
    }, REPLACE_AFTER_MS);
  }
}

function after(delayMs: Milliseconds): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), delayMs).unref());
}
