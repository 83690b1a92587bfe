import assert from 'node:assert/strict';
import { loopbackFetch } from '../../src/http/loopback-fetch.ts';
import type { Checkpoint } from '../../src/tlog/checkpoint.ts';
import { decodeEntryBundle } from '../../src/tlog/entry-bundle.ts';
import { parseVerifierKey } from '../../src/tlog/note-key.ts';
import { formatTilePath } from '../../src/tlog/tile-path.ts';
import { type Tile, tilesOf } from '../../src/tlog/tile.ts';
import { verifyCheckpoint } from '../../src/tlog/verify-checkpoint.ts';
import { verifyEd25519 } from '../tlog/ed25519.ts';
import { sha256 } from './sha256.ts';

/** Somebody outside, who knows the address of a log and nothing else: everything comes over HTTP. */
export class TileClient {
  readonly #prefix: string;

  /** `prefix` without a slash at its end. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  ask(path: string, init: Parameters<typeof loopbackFetch>[1] = {}): Promise<Response> {
    return loopbackFetch(`${this.#prefix}/${path}`, init);
  }

  async bytes(path: string): Promise<Uint8Array> {
    const answer = await this.ask(path);
    assert.equal(answer.status, 200, `${path}: ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  async text(path: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(path));
  }

  /** The checkpoint as it stands now, verified with the key the log names. */
  async checkpoint(origin: string): Promise<Checkpoint> {
    const [line = ''] = (await this.text('vkey')).split('\n');
    const key = parseVerifierKey(sha256, line);
    const note = await this.bytes('checkpoint');
    return verifyCheckpoint(verifyEd25519, { origin, logKeys: [key] }, note);
  }

  readonly tile = (tile: Tile): Promise<Uint8Array> => this.bytes(formatTilePath(tile));

  /** Every entry of the tree of that size. */
  async entries(size: number): Promise<Uint8Array[]> {
    const bundles = [...tilesOf(size)].filter(({ level }) => level === 0);
    const read = bundles.map(async ({ index, width }) => {
      const path = formatTilePath({ level: 'entries', index, width });
      return decodeEntryBundle(await this.bytes(path), width);
    });
    return (await Promise.all(read)).flat();
  }
}
