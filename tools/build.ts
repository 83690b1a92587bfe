/**
 * Makes `dist/`, the JavaScript that the packed package runs: an empty folder, the compiler's
 * output, and beside it every file under `src/` that is not TypeScript (styles, pictures, …), at the
 * same relative place, so that `new URL('./page.css', import.meta.url)` holds in both.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(`${root}node_modules/.bin/tsc`, ['-p', `${root}tsconfig.build.json`], {
  cwd: root,
  stdio: 'inherit',
});
cpSync(`${root}src`, `${root}dist`, { recursive: true, filter: isAsset });

/** Folders are entered; TypeScript itself stays behind, and so does what `build-verifier.ts` makes one file of. */
function isAsset(path: string): boolean {
  if (path.endsWith('/cli/verify/page')) return false;
  return statSync(path).isDirectory() || !path.endsWith('.ts');
}
