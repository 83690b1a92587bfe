import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outsidePath } from '../cli/old-node.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The packed package, installed for production in a folder of its own. */
export interface InstalledPackage {
  readonly folder: string;
  /** The environment of a shell outside of any npm script. */
  readonly env: NodeJS.ProcessEnv;
  /** The paths inside the package, sorted. */
  readonly files: readonly string[];
  remove(): void;
}

/** Packs this repository and installs the tarball as a customer would, without development packages. */
export function installPackage(): InstalledPackage {
  const scratch = mkdtempSync(join(tmpdir(), 'sallyport-package-'));
  const folder = join(scratch, 'site');
  const env = outsideEnvironment();
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"name":"site","private":true}');
  npm(['pack', '--silent', '--pack-destination', scratch], root, env);
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz')) ?? '';
  const quiet = ['--prefer-offline', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  npm(['install', join(scratch, tarball), ...quiet], folder, env);
  return {
    folder,
    env,
    files: filesBelow(join(folder, 'node_modules/sallyport')),
    remove: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

function npm(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): void {
  execFileSync('npm', args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'], timeout: 150_000 });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !name.startsWith('node_modules/'))
    .toSorted();
}

/**
 * What npm and the test runner set for their children is taken out: with it an inner npm would work
 * on this repository instead of the folder it stands in.
 */
function outsideEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !isOfThisRun(name));
  return { ...Object.fromEntries(inherited), PATH: outsidePath() };
}

function isOfThisRun(name: string): boolean {
  return (
    /^npm_(?:package|lifecycle)_/.test(name) ||
    ['npm_config_local_prefix', 'npm_command', 'npm_execpath', 'npm_node_execpath'].includes(
      name,
    ) ||
    ['INIT_CWD', 'NODE_TEST_CONTEXT'].includes(name)
  );
}
