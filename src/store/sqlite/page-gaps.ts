import { fdatasyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import type { Purge } from '../store.ts';
import type { SqliteDatabase } from './database.ts';

/**
 * `secure_delete` overwrites what is deleted, but not the copies that stay behind when SQLite moves
 * rows from one page to another: they lie in the page's unallocated space, between the cell pointers and
 * the cell content (SQLite file format, section 1.6), until something else happens to be written there.
 * Nothing in SQL reaches them, so they are overwritten in the file. No byte that SQLite reads is touched.
 */

/** Where a pass has come to: a tree, and which child to go on with at each level below its root. */
interface Place {
  readonly tree: number;
  readonly path: readonly number[];
}

interface Page {
  readonly offset: number;
  /** The unallocated space. */
  readonly gap: { readonly from: number; readonly to: number };
  /** Page numbers; none of a leaf. */
  readonly children: readonly number[];
}

const START: Place = { tree: 0, path: [] };
const FILE_HEADER_SIZE = 100;
const INTERIOR = new Set([2, 5]);
const LEAF = new Set([10, 13]);
const ZEROS = Buffer.alloc(65_536);
/** Tables in which no word ever stood. */
const WORDLESS = ['entries', 'subtrees', 'checkpoints', 'erasures'];

/** Wipes the gaps of every page that may hold words, slice by slice, so that the log is never held up. */
export class GapWiper {
  readonly #db: SqliteDatabase;
  /** Never closed but by the end of its thread: closing any handle lets go of all this process has locked in the file. */
  readonly #handle: number;
  /** The one that is looked at. */
  readonly #page: Buffer;
  #place = START;
  #left = 0;
  #hasWritten = false;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#handle = openSync(db.name, 'r+');
    this.#page = Buffer.alloc(Number(db.pragma('page_size', { simple: true })));
  }

  /**
   * Looks at about `pages` pages. `hindered` unless everything stands in the file and nothing in the
   * write-ahead log; and before a page that is not what SQLite writes, which it leaves alone.
   */
  wipe(pages: number): Purge {
    this.#left = pages;
    this.#hasWritten = false;
    // Nobody else writes meanwhile.
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      if (statSync(`${this.#db.name}-wal`).size > 0) return 'hindered';
      this.#place = this.#wipeFrom(this.#place);
      return this.#place === START ? 'done' : 'more';
    } catch (error) {
      if (!(error instanceof UnknownLayout)) throw error;
      this.#place = START;
      return 'hindered';
    } finally {
      this.#db.exec('ROLLBACK');
      if (this.#hasWritten) this.#settle();
    }
  }

  /** What this connection remembers of the pages must not be written back. */
  #settle(): void {
    fdatasyncSync(this.#handle);
    this.#db.pragma('shrink_memory');
  }

  #wipeFrom(place: Place): Place {
    const roots = this.#roots();
    for (let tree = place.tree; tree < roots.length; tree += 1) {
      const root = roots[tree] ?? 0;
      const rest = this.#wipeTree(root, tree === place.tree ? place.path : []);
      if (rest !== undefined) return { tree, path: rest };
    }
    return START;
  }

  #roots(): number[] {
    const marks = WORDLESS.map(() => '?').join(', ');
    return this.#db
      .prepare<string[], number>(
        `SELECT rootpage FROM sqlite_schema
         WHERE rootpage > 0 AND tbl_name NOT IN (${marks}) ORDER BY rootpage`,
      )
      .pluck()
      .all(...WORDLESS);
  }

  /** The path to go on with, if the slice ended within this tree. */
  #wipeTree(pageNumber: number, path: readonly number[]): readonly number[] | undefined {
    if (this.#left <= 0) return path;
    // A page on the way to where the last slice ended has been counted: every slice gets ahead.
    if (path.length === 0) this.#left -= 1;
    const page = this.#readPage(pageNumber);
    this.#wipeGap(page);
    const [first = 0, ...below] = path;
    for (let at = first; at < page.children.length; at += 1) {
      const rest = this.#wipeTree(page.children[at] ?? 0, at === first ? below : []);
      if (rest !== undefined) return [at, ...rest];
    }
    return undefined;
  }

  #wipeGap({ gap, offset }: Page): void {
    const length = gap.to - gap.from;
    if (this.#page.compare(ZEROS, 0, length, gap.from, gap.to) === 0) return;
    this.#hasWritten = true;
    writeSync(this.#handle, ZEROS, 0, length, offset + gap.from);
  }

  #readPage(pageNumber: number): Page {
    const size = this.#page.length;
    const offset = (pageNumber - 1) * size;
    const isThere = readSync(this.#handle, this.#page, 0, size, offset) === size;
    const page = isThere && readLayout(this.#page, pageNumber === 1 ? FILE_HEADER_SIZE : 0);
    if (!page) throw new UnknownLayout(`page ${pageNumber} is not of a tree`);
    return { offset, ...page };
  }
}

class UnknownLayout extends Error {
  override readonly name = 'UnknownLayout';
}

/** The page's header, held against everything that follows from it; `undefined` if it does not add up. */
function readLayout(bytes: Buffer, header: number): Pick<Page, 'gap' | 'children'> | undefined {
  const type = bytes[header] ?? 0;
  const isInterior = INTERIOR.has(type);
  if (!isInterior && !LEAF.has(type)) return undefined;
  const cells = bytes.readUInt16BE(header + 3);
  const content = bytes.readUInt16BE(header + 5) || 65_536;
  const pointers = header + (isInterior ? 12 : 8);
  const gap = { from: pointers + 2 * cells, to: content };
  if (gap.from > gap.to || gap.to > bytes.length) return undefined;
  const starts = Array.from({ length: cells }, (_, at) => bytes.readUInt16BE(pointers + 2 * at));
  if (starts.some((start) => start < content || start + 4 > bytes.length)) return undefined;
  if (!isInterior) return { gap, children: [] };
  const children = starts.map((start) => bytes.readUInt32BE(start));
  return { gap, children: [...children, bytes.readUInt32BE(header + 8)] };
}
