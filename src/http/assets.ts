import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type RequestHandler, Router } from 'express';

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

const SHORT_HASH = 12;
const YEAR_SECONDS = 31_536_000;

const STYLESHEET = readAsset('sallyport.css', 'text/css; charset=utf-8');
const GATE_CLOSED = readAsset('gate-closed.svg', 'image/svg+xml');
const GATE_OPEN = readAsset('gate-open.svg', 'image/svg+xml');

/** The paths of what every page loads. Each changes with its content, so browsers may keep them. */
export const ASSET_PATHS = {
  stylesheet: STYLESHEET.path,
  gateClosed: GATE_CLOSED.path,
  gateOpen: GATE_OPEN.path,
} as const;

/** Serves the stylesheet and the two marks. */
export function createAssetRouter(): Router {
  const router = Router();
  for (const asset of [STYLESHEET, GATE_CLOSED, GATE_OPEN]) router.get(asset.path, send(asset));
  return router;
}

function send({ type, body }: Asset): RequestHandler {
  return (_, response) => {
    response.set({
      'Content-Type': type,
      'Cache-Control': `public, max-age=${YEAR_SECONDS}, immutable`,
      // Our pages on the accounts' origins load them too.
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    response.end(body);
  };
}

function readAsset(name: string, type: string): Asset {
  const body = readFileSync(new URL(`./assets/${name}`, import.meta.url));
  return { path: `/assets/${hash('sha256', body).slice(0, SHORT_HASH)}/${name}`, type, body };
}
