import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { Problem } from '../domain/problem.ts';

/** What is published of the log. It answers `undefined` for what is not. */
export interface PublicLog {
  /** The last checkpoint, a signed note. */
  checkpoint(): Uint8Array | undefined;
  /** The keys to verify it with, one a line. */
  verifierKeys(): string;
  /** The bytes of a tile or a bundle of entries by its path, `tile/0/000.p/17`. */
  readTile(path: string): Promise<Uint8Array | undefined>;
}

const TILES = /^\/log\/tile\//;
const ENTRY_BUNDLES = /^\/log\/tile\/entries\//;
const FOR_EVER = 'public, max-age=31536000, immutable';
/** A new one is there after a second. */
const FOR_A_MOMENT = 'public, max-age=1';
const FOR_A_MINUTE = 'public, max-age=60';

const compress = promisify(gzip);

/**
 * `/log/checkpoint`, `/log/tile/…` and `/log/vkey`: the log as C2SP tlog-tiles has it, for anybody, from
 * any page, without signing in. There are no cookies here, and nothing that is not signed.
 */
export function createLogDoor(log: PublicLog): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.use('/log', openToAll);
  router.get('/log/checkpoint', (_, response) => {
    const note = log.checkpoint() ?? refuse('The log has not been signed yet.');
    sendText(response, Buffer.from(note), FOR_A_MOMENT);
  });
  router.get('/log/vkey', (_, response) => {
    sendText(response, Buffer.from(log.verifierKeys()), FOR_A_MINUTE);
  });
  router.get(TILES, answerTile(log));
  router.all(['/log/checkpoint', '/log/vkey', TILES], refuseMethod);
  return router;
}

function answerTile(log: PublicLog): RequestHandler {
  return async (request, response) => {
    const path = request.path.slice('/log/'.length);
    const bytes = (await log.readTile(path)) ?? refuse('This is no tile of the published log.');
    await sendTile(request, response, bytes);
  };
}

const openToAll: RequestHandler = (_, response, next) => {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  next();
};

const refuseMethod: RequestHandler = (_, response) => {
  response.setHeader('Allow', 'GET, HEAD');
  throw new Problem('method-not-allowed', 'This address takes GET, HEAD.');
};

function sendText(response: Response, text: Buffer, caching: string): void {
  response.setHeader('Cache-Control', caching);
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.send(text);
}

/** Hashes do not get smaller by compressing them; bundles of entries do. */
async function sendTile(request: Request, response: Response, bytes: Uint8Array): Promise<void> {
  response.setHeader('Cache-Control', FOR_EVER);
  response.setHeader('Content-Type', 'application/octet-stream');
  if (!ENTRY_BUNDLES.test(request.path)) return void response.send(Buffer.from(bytes));
  response.setHeader('Vary', 'Accept-Encoding');
  if (request.acceptsEncodings(['gzip', 'identity']) !== 'gzip')
    return void response.send(Buffer.from(bytes));
  response.setHeader('Content-Encoding', 'gzip');
  response.send(await compress(bytes));
}

function refuse(detail: string): never {
  throw new Problem('not-found', detail);
}
