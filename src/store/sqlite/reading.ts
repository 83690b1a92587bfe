import { Worker } from 'node:worker_threads';
import { SqlReader } from '../reader.ts';
import type { Reader } from '../store.ts';
import { openForReading, queryBuilder, type SqliteDatabase } from './database.ts';
import type { Scan, ScanOrder, ScanReport } from './reader-thread.ts';
import { sha256 } from './sha256.ts';
import { threadUrl } from './thread-url.ts';

/** A reader whose look-ups by key run here and whose scans run in a thread. */
export interface Reading {
  readonly reader: Reader;
  readonly db: SqliteDatabase;
  close(): Promise<void>;
}

/** Throws if the file cannot be read. */
export function openReading(file: string): Reading {
  const db = openForReading(file);
  const thread = new ScanThread(file);
  return {
    db,
    reader: new SplitReader(db, thread),
    close: async () => {
      db.close();
      await thread.close();
    },
  };
}

/** What comes back over the port is what the same method of the same class answered there. */
class SplitReader extends SqlReader {
  readonly #thread: ScanThread;

  constructor(db: SqliteDatabase, thread: ScanThread) {
    super(queryBuilder(db), sha256);
    this.#thread = thread;
  }

  override records(...wanted: Parameters<Reader['records']>): ReturnType<Reader['records']> {
    return this.#thread.ask('records', wanted);
  }

  override recordsFrom(
    ...wanted: Parameters<Reader['recordsFrom']>
  ): ReturnType<Reader['recordsFrom']> {
    return this.#thread.ask('recordsFrom', wanted);
  }

  override grants(...wanted: Parameters<Reader['grants']>): ReturnType<Reader['grants']> {
    return this.#thread.ask('grants', wanted);
  }

  override visits(...wanted: Parameters<Reader['visits']>): ReturnType<Reader['visits']> {
    return this.#thread.ask('visits', wanted);
  }

  override accessRequests(
    ...wanted: Parameters<Reader['accessRequests']>
  ): ReturnType<Reader['accessRequests']> {
    return this.#thread.ask('accessRequests', wanted);
  }

  override accounts(...wanted: Parameters<Reader['accounts']>): ReturnType<Reader['accounts']> {
    return this.#thread.ask('accounts', wanted);
  }

  override tile(...wanted: Parameters<Reader['tile']>): ReturnType<Reader['tile']> {
    return this.#thread.ask('tile', wanted);
  }

  override entryBundle(
    ...wanted: Parameters<Reader['entryBundle']>
  ): ReturnType<Reader['entryBundle']> {
    return this.#thread.ask('entryBundle', wanted);
  }

  override rehash(...wanted: Parameters<Reader['rehash']>): ReturnType<Reader['rehash']> {
    return this.#thread.ask('rehash', wanted);
  }

  override wholeEntries(
    ...wanted: Parameters<Reader['wholeEntries']>
  ): ReturnType<Reader['wholeEntries']> {
    return this.#thread.ask('wholeEntries', wanted);
  }

  override wholeEntriesAt(
    ...wanted: Parameters<Reader['wholeEntriesAt']>
  ): ReturnType<Reader['wholeEntriesAt']> {
    return this.#thread.ask('wholeEntriesAt', wanted);
  }

  override wholeFound(
    ...wanted: Parameters<Reader['wholeFound']>
  ): ReturnType<Reader['wholeFound']> {
    return this.#thread.ask('wholeFound', wanted);
  }

  override entriesTagged(
    ...wanted: Parameters<Reader['entriesTagged']>
  ): ReturnType<Reader['entriesTagged']> {
    return this.#thread.ask('entriesTagged', wanted);
  }

  override tagKeys(...wanted: Parameters<Reader['tagKeys']>): ReturnType<Reader['tagKeys']> {
    return this.#thread.ask('tagKeys', wanted);
  }

  override expiredContents(
    ...wanted: Parameters<Reader['expiredContents']>
  ): ReturnType<Reader['expiredContents']> {
    return this.#thread.ask('expiredContents', wanted);
  }
}

/** Asks the reader's thread, any number of questions at a time. */
class ScanThread {
  readonly #file: string;
  #worker: Worker | undefined;
  #loaded: Promise<void> | undefined;
  readonly #waiting = new Map<
    number,
    { resolve: (found: unknown) => void; reject: (error: Error) => void }
  >();
  #nextId = 0;

  constructor(file: string) {
    this.#file = file;
  }

  ask<Found>(scan: Scan, wanted: readonly unknown[]): Promise<Found> {
    this.#nextId += 1;
    const order: ScanOrder = { id: this.#nextId, scan, wanted };
    return new Promise<Found>((resolve, reject) => {
      this.#waiting.set(order.id, { resolve: (found) => resolve(found as Found), reject });
      this.#worker ??= this.#startWorker();
      this.#worker.postMessage(order);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    worker?.ref();
    await this.#loaded;
    await worker?.terminate();
    this.#failAll(new Error('the store was closed'));
  }

  /** Started by the first question, and again by the first after its death. */
  #startWorker(): Worker {
    const worker = new Worker(threadUrl('reader-thread'), { workerData: { file: this.#file } });
    const loaded = Promise.withResolvers<void>();
    let why = new Error('the reader ended');
    this.#loaded = loaded.promise;
    worker.unref();
    worker.once('message', () => loaded.resolve());
    worker.on('message', (report: ScanReport) => this.#answer(report));
    worker.on('error', (error: Error) => (why = error));
    worker.on('exit', () => {
      this.#worker = undefined;
      loaded.resolve();
      this.#failAll(why);
    });
    return worker;
  }

  #answer(report: ScanReport): void {
    if ('is' in report) return;
    const asker = this.#waiting.get(report.id);
    this.#waiting.delete(report.id);
    if ('failed' in report) asker?.reject(new Error(report.failed));
    else asker?.resolve(report.found);
  }

  #failAll(error: Error): void {
    for (const asker of this.#waiting.values()) asker.reject(error);
    this.#waiting.clear();
  }
}
