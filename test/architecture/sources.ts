import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of the house: its path from the repository's root, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every TypeScript file below `src/`, in the order of their paths. */
export function readSources(): Source[] {
  return readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .map((name) => ({ path: `src/${name}`, text: readFileSync(`${root}src/${name}`, 'utf8') }));
}
