import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { openPublisher, type SigningPlaces } from '../../src/recorder/open-publisher.ts';
import type { Publisher, PublisherReport } from '../../src/recorder/publisher.ts';
import { BEGUN, record, remark } from './acts.ts';
import { type OpenLog, openLog } from './open-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A log, and where its key and guard are kept. The publishers opened on it are closed at the end of the test. */
export interface SignedLog extends OpenLog {
  readonly places: SigningPlaces;
  readonly reports: readonly PublisherReport[];
  /** Opens a publisher as a start does. It signs when told to; started, whenever the log has grown. */
  open(everyMs?: number): Promise<Publisher>;
  /** Opens one and signs what is there. */
  sign(): Promise<Publisher>;
  grow(entries: number): Promise<void>;
  guard(): string;
  /** The notes in the database, smallest first. */
  stored(): string[];
}

export const ORIGIN = 'log.example/1';

export async function openSignedLog(test: TestContext, retentionMs?: number): Promise<SignedLog> {
  const folder = temporaryFolder(test);
  const keys = join(folder, 'keys');
  mkdirSync(keys);
  const log = await openLog(test, 'empty', {
    file: join(folder, 'sallyport.db'),
    ...(retentionMs === undefined ? {} : { retentionMs }),
  });
  const places: SigningPlaces = {
    origin: ORIGIN,
    keyFile: join(keys, 'log.key'),
    guardFile: join(keys, 'log.guard'),
  };
  const reports: PublisherReport[] = [];
  const open = async (everyMs = 10): Promise<Publisher> => {
    const publisher = await openPublisher(places, {
      store: log.store,
      everyMs,
      now: () => 1,
      report: (report) => void reports.push(report),
    });
    test.after(() => publisher.close());
    return publisher;
  };
  const sign = async (): Promise<Publisher> => {
    const publisher = await open();
    await publisher.publish();
    return publisher;
  };
  const grow = async (entries: number): Promise<void> => {
    await Promise.all(Array.from({ length: entries }, () => record(log.store, remark())));
  };
  await record(log.store, BEGUN);
  const guard = (): string => readFileSync(places.guardFile, 'utf8');
  const stored = (): string[] => readNotes(log.file);
  return { ...log, places, reports, open, sign, grow, guard, stored };
}

function readNotes(file: string): string[] {
  const db = new Database(file, { readonly: true });
  try {
    const notes = db.prepare<[], Buffer>('SELECT note FROM checkpoints ORDER BY size').pluck();
    return notes.all().map((note) => note.toString());
  } finally {
    db.close();
  }
}

/** Does something to a store behind the gateway's back, as whoever owns the file can. */
export function manipulate(file: string, ...statements: readonly string[]): void {
  const db = new Database(file);
  try {
    const triggers = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
      .pluck()
      .all();
    db.exec('PRAGMA foreign_keys = OFF');
    const drops = triggers.map((name) => `DROP TRIGGER ${name}`);
    db.exec(['BEGIN IMMEDIATE', ...drops, ...statements, 'COMMIT'].join(';\n'));
  } finally {
    db.close();
  }
}
