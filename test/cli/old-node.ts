import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A Node too old for the gateway, or why there is none: `SALLYPORT_OLD_NODE`, or else the first
 * `node` on the PATH that does not come from `node_modules`. In CI a missing one is a fault, since
 * a skipped test proves nothing there.
 */
export function findOldNode(): { binary: string } | { missing: string } {
  const binary = process.env['SALLYPORT_OLD_NODE'] ?? systemNode();
  const missing = binary === undefined ? 'no Node outside node_modules' : whyNotOld(binary);
  if (missing === undefined && binary !== undefined) return { binary };
  if (process.env['CI'] === 'true') throw new Error(`CI needs an old Node: ${missing}`);
  return { missing: missing ?? 'none' };
}

function systemNode(): string | undefined {
  return outsidePath()
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .find(isExecutable);
}

/** The PATH as a shell outside of npm scripts has it. */
export function outsidePath(): string {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter(
      (folder) =>
        folder !== '' && !folder.includes('node_modules') && !folder.includes('node-gyp-bin'),
    )
    .join(delimiter);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function whyNotOld(binary: string): string | undefined {
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
  return Number(version.slice(1).split('.')[0]) < 24
    ? undefined
    : `${binary} is ${version}, not old`;
}
