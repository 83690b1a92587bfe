import { execFileSync } from 'node:child_process';
import { accessSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Why a test that needs one of the machine's tools is skipped, for `it(name, { skip })`; `false` when it
 * can run. In CI what is missing is a fault: a skipped test proves nothing there.
 */
export type Skip = string | false;

export const needsStrace: Skip = need('strace on Linux', () =>
  execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' }),
);

export const needsFaketime: Skip = need('faketime (apt-get install faketime)', () =>
  execFileSync('faketime', ['-m', '-f', '+0s', 'true'], { stdio: 'ignore' }),
);

export const needsSumdb: Skip = need(
  'Go and its sumdb libraries (apt-get install golang-go golang-golang-x-mod-dev)',
  () => {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    accessSync('/usr/share/gocode/src/golang.org/x/mod/sumdb/note');
  },
);

export const needsMount: Skip = need('the right to mount a tmpfs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-mount-'));
  try {
    mountTmpfs(folder, '1m');
    unmount(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

export function mountTmpfs(folder: string, size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], {
    stdio: 'ignore',
  });
}

/** Even while something in it is open. */
export function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder], { stdio: 'ignore' });
}

function need(what: string, tryIt: () => void): Skip {
  try {
    tryIt();
    return false;
  } catch (error) {
    if (process.env['CI'] === 'true') throw new Error(`CI needs ${what}`, { cause: error });
    return `needs ${what}`;
  }
}
