import { openBundle } from '../../../audit/bundle-reader.ts';
import { BundleRefused } from '../../../audit/bundle-refused.ts';
import { verifyLog } from '../../../audit/verify.ts';
import { visible } from '../report-text.ts';
import { readTrust } from '../trust.ts';
import { UsageMistake } from '../usage-mistake.ts';
import { BROWSER_CRYPTO } from './browser-crypto.ts';
import { find } from './element.ts';
import { paceLog } from './paced-log.ts';
import { renderReport } from './report-view.ts';

/** The page: a bundle and a key in, six answers out. Nothing leaves it. */

const form = find('form', HTMLFormElement);
const bundle = find('bundle', HTMLInputElement);
const keys = find('keys', HTMLTextAreaElement);
const since = find('since', HTMLInputElement);
const witnesses = find('witnesses', HTMLInputElement);
const start = find('start', HTMLButtonElement);
const bar = find('bar', HTMLProgressElement);
const said = find('said', HTMLElement);
const mistake = find('mistake', HTMLElement);
const answers = find('answers', HTMLElement);

const number = new Intl.NumberFormat('en');
const SAY_EVERY_MS = 1000;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void run();
});

document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const files = event.dataTransfer?.files;
  if (files === undefined || files.length === 0) return;
  bundle.files = files;
  say('The bundle is chosen.');
});

async function run(): Promise<void> {
  answers.replaceChildren();
  complain('');
  start.disabled = true;
  try {
    await check();
  } catch (error) {
    complain(wordsFor(error));
    say('');
  } finally {
    start.disabled = false;
    bar.hidden = true;
  }
}

async function check(): Promise<void> {
  const [file] = bundle.files ?? [];
  if (file === undefined) throw new UsageMistake('Choose a bundle first.');
  const lines = keys.value.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new UsageMistake('The key of the log is missing.');
  const [earlier] = since.files ?? [];
  const [policy] = witnesses.files ?? [];
  const trust = readTrust(BROWSER_CRYPTO.sha256, { keys: lines, witnesses: await policy?.text() });
  const kept = earlier && new Uint8Array(await earlier.arrayBuffer());
  say('Reading the bundle.');
  const log = await openBundle(file);
  const report = await verifyLog(paceLog(log), {
    crypto: BROWSER_CRYPTO,
    trust,
    since: kept,
    onProgress: tellProgress(log.range.to - log.range.from),
  });
  answers.replaceChildren(...renderReport(report, { file, log, at: new Date() }));
  say('Done. The answers are below.');
  answers.querySelector('h2')?.focus();
}

/** The bar moves at once; who listens is told once a second. */
function tellProgress(total: number): (done: number) => void {
  let saidAt = performance.now();
  bar.hidden = false;
  bar.max = Math.max(total, 1);
  bar.value = 0;
  return (done) => {
    bar.value = done;
    if (performance.now() - saidAt < SAY_EVERY_MS) return;
    saidAt = performance.now();
    say(`${number.format(done)} entries done.`);
  };
}

function wordsFor(error: unknown): string {
  if (error instanceof BundleRefused)
    return `This is no bundle, or it was changed: ${visible(error.message)}. Nothing in it was verified.`;
  if (error instanceof UsageMistake) return visible(error.message);
  const why = error instanceof Error ? visible(error.message) : '';
  return `The check did not come to an end, so nothing is decided. ${why}`;
}

function say(text: string): void {
  said.textContent = text;
}

function complain(text: string): void {
  mistake.textContent = text;
  mistake.hidden = text === '';
}
