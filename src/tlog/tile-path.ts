import { TILE_WIDTH } from './tile.ts';
import { TlogRefused } from './tlog-refused.ts';

/** What a path names: a tile of hashes, or the bundle of the entries below a tile of level 0. */
export interface TilePath {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; less than 256 for a partial one. */
  readonly width: number;
}

const MAX_LEVEL = 63;
const FORM =
  /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/**
 * The path below a log's prefix, without a slash before it (C2SP tlog-tiles, section Merkle Tree):
 * `tile/0/x001/x234/067`, `tile/entries/000.p/15`. Throws a RangeError for what is no tile.
 */
export function formatTilePath({ level, index, width }: TilePath): string {
  if (!isLevel(level) || !Number.isSafeInteger(index) || index < 0 || !isWidth(width))
    throw new RangeError(`no tile has level ${level}, index ${index} and width ${width}`);
  return `tile/${level}/${formatIndex(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Reads a path. Throws a TlogRefused `tile-path-malformed` for all that `formatTilePath` does not write. */
export function parseTilePath(path: string): TilePath {
  const [, level = '', index = '', width] = FORM.exec(path) ?? [];
  const tile: TilePath = {
    level: level === 'entries' ? level : Number(level),
    index: Number(index.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  if (level === '' || !isNamedBy(path, tile))
    throw new TlogRefused('tile-path-malformed', 'this is not the path of a tile');
  return tile;
}

/** Only one path may name a tile: 0 has one digit, no group of zeros leads, no full tile has a width. */
function isNamedBy(path: string, tile: TilePath): boolean {
  const isTile = isLevel(tile.level) && Number.isSafeInteger(tile.index) && isWidth(tile.width);
  return isTile && formatTilePath(tile) === path;
}

function isLevel(level: number | 'entries'): boolean {
  return level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= MAX_LEVEL);
}

function isWidth(width: number): boolean {
  return Number.isInteger(width) && width >= 1 && width <= TILE_WIDTH;
}

function formatIndex(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  return padded.replaceAll(/[0-9]{3}(?=[0-9])/g, 'x$&/');
}
