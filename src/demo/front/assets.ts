import { readFile } from 'node:fs/promises';

/** A file that the demo's pages load. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/** The files the demo's pages load, by their path. */
export type Assets = ReadonlyMap<string, Asset>;

const FILES = [
  { name: 'demo.css', type: 'text/css; charset=utf-8' },
  { name: 'mark.svg', type: 'image/svg+xml' },
];

/** Reads the stylesheet and the mark that every page of the demo loads. */
export async function readAssets(): Promise<Assets> {
  const entries = FILES.map(async ({ name, type }): Promise<[string, Asset]> => {
    const body = await readFile(new URL(`./assets/${name}`, import.meta.url));
    return [`/assets/${name}`, { type, body }];
  });
  return new Map(await Promise.all(entries));
}
