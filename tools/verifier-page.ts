import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}src/cli/verify/page/`;
/** What comes into the page from others, and has to be named in it. */
const PACKAGES = ['@noble/curves', '@noble/hashes', '@zip.js/zip.js'];

const read = (path: string): string => readFileSync(path, 'utf8');

/**
 * The verifier as one HTML file: script and style are in it, and its policy lets nothing else run and
 * nothing be asked. The same sources make the same bytes.
 */
export async function makeVerifierPage(): Promise<string> {
  const [script, style] = [await bundleScript(), await joinStyles()];
  const parts: Readonly<Record<string, string>> = {
    script,
    style,
    policy: policyFor(script, style),
    icon: `data:image/svg+xml;base64,${iconBase64()}`,
    version: packageOf(root).version,
    licences: escapeHtml(PACKAGES.map(licenceOf).join('\n\n')),
  };
  return read(`${page}page.html`).replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`the page names ${name}, which is none of its parts`);
    return part;
  });
}

async function bundleScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${page}main.ts`],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    absWorkingDir: root,
  });
  return outputFiles.map(({ text }) => text).join('');
}

async function joinStyles(): Promise<string> {
  const styles = [`${root}src/http/assets/sallyport.css`, `${page}page.css`].map(read);
  const { code } = await transform(styles.join('\n'), { loader: 'css', minify: true });
  return code;
}

function policyFor(script: string, style: string): string {
  const digest = (text: string): string => `'sha256-${hash('sha256', text, 'base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${digest(script)}`,
    `style-src ${digest(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function iconBase64(): string {
  return readFileSync(`${root}src/http/assets/gate-closed.svg`).toString('base64');
}

function licenceOf(name: string): string {
  const folder = `${root}node_modules/${name}`;
  return `${name} ${packageOf(folder).version}\n\n${read(`${folder}/LICENSE`).trim()}`;
}

function packageOf(folder: string): { version: string } {
  const manifest: unknown = JSON.parse(read(`${folder}/package.json`));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest))
    throw new TypeError(`${folder} has no version`);
  return { version: String(manifest.version) };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
