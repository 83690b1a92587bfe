import type { LogItem } from '../../audit/verifiable-log.ts';
import { decodeEntryBundle } from '../../tlog/entry-bundle.ts';
import { HASH_SIZE, type Sha256 } from '../../tlog/hash.ts';
import { TILE_WIDTH, type Tile } from '../../tlog/tile.ts';
import { formatTilePath, type TilePath } from '../../tlog/tile-path.ts';
import { TlogRefused } from '../../tlog/tlog-refused.ts';
import { type Fetch, LogAddress } from './log-address.ts';
import { SourceRefused, SourceUnreadable } from './source-refused.ts';
import { growthFrom, readClaim, type WholeLog } from './whole-log.ts';

/** So many requests are under way at a time. */
const AT_ONCE = 4;
const TIMEOUT_MS = 30_000;
const MAX_CHECKPOINT = 1 << 20;
const MAX_TILE = TILE_WIDTH * HASH_SIZE;
/** Each entry stands behind two bytes and has at most 65,535. */
const MAX_ENTRIES = TILE_WIDTH * (2 + 0xffff);

/**
 * Reads a published log over HTTP (C2SP tlog-tiles): entries, and no contents, which are not public.
 * `address` is that of the gateway or that of its log. Throws a SourceUnreadable and a SourceRefused,
 * here and from `items()`.
 */
export async function openUrlLog(
  sha256: Sha256,
  address: string,
  by: { readonly fetch: Fetch; readonly timeoutMs?: number },
): Promise<WholeLog> {
  const log = new LogAddress(address, { timeoutMs: TIMEOUT_MS, ...by });
  const checkpoint = await log.read('checkpoint', MAX_CHECKPOINT);
  if (checkpoint === undefined)
    throw new SourceUnreadable(`${address}: there is no log, or nothing in it was signed yet`);
  const { size } = readClaim(address, checkpoint);
  const readTile: WholeLog['readTile'] = (tile) => readHashes(log, tile);
  return {
    checkpoint,
    range: { from: 0, to: size },
    before: new Uint8Array(),
    after: [],
    tagKeys: [],
    // What became of contents is of no use where there are none.
    ahead: [],
    proveGrowth: (from) => growthFrom(sha256, { from, to: size }, readTile),
    readTile,
    items: () => readItems(log, size),
    close: () => {},
  };
}

async function* readItems(log: LogAddress, size: number): AsyncGenerator<readonly LogItem[]> {
  const underWay: Promise<LogItem[]>[] = [];
  for (let index = 0; index * TILE_WIDTH < size || underWay.length > 0; index += 1) {
    if (index * TILE_WIDTH < size) {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
      const reading = readEntries(log, index, width);
      // Whoever waits for it hears of its failure; if nobody does any more, nobody has to.
      reading.catch(() => {});
      underWay.push(reading);
      if (underWay.length < AT_ONCE && (index + 1) * TILE_WIDTH < size) continue;
    }
    const first = underWay.shift();
    if (first !== undefined) yield await first;
  }
}

async function readEntries(log: LogAddress, index: number, width: number): Promise<LogItem[]> {
  const path: TilePath = { level: 'entries', index, width };
  const { bytes, width: found } = await readPart(log, path, MAX_ENTRIES);
  const entries = decodeEntries(formatTilePath(path), bytes, found);
  return entries.slice(0, width).map((entry, at) => ({
    index: index * TILE_WIDTH + at,
    entry,
    content: undefined,
    withheld: 'not-asked',
  }));
}

function decodeEntries(path: string, bytes: Uint8Array, width: number): Uint8Array[] {
  try {
    return decodeEntryBundle(bytes, width);
  } catch (error) {
    if (error instanceof TlogRefused) throw new SourceRefused(`${path}: ${error.message}`);
    throw error;
  }
}

async function readHashes(log: LogAddress, tile: Tile): Promise<Uint8Array> {
  const { bytes } = await readPart(log, tile, MAX_TILE);
  return bytes.subarray(0, tile.width * HASH_SIZE);
}

/** A partial one may be gone once the full one is there (C2SP tlog-tiles, section Partial Tiles). */
async function readPart(
  log: LogAddress,
  path: TilePath,
  limit: number,
): Promise<{ bytes: Uint8Array; width: number }> {
  const bytes = await log.read(formatTilePath(path), limit);
  if (bytes !== undefined) return { bytes, width: path.width };
  const isPartial = path.width < TILE_WIDTH;
  const full = isPartial
    ? await log.read(formatTilePath({ ...path, width: TILE_WIDTH }), limit)
    : undefined;
  if (full === undefined)
    throw new SourceRefused(`${formatTilePath(path)} is not there, and the checkpoint covers it`);
  return { bytes: full, width: TILE_WIDTH };
}
