import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { MEMBERS } from '../../src/audit/bundle-format.ts';
import { formatVerifierKey } from '../../src/tlog/note-key.ts';
import { makeVerifierPage } from '../../tools/verifier-page.ts';
import { record, settingUp } from '../support/acts.ts';
import { bundleMembers, packBundle } from '../support/bundle-maker.ts';
import { launchChromium, whyNoChromium } from '../support/chromium.ts';
import type { KeptLog } from '../support/kept-log.ts';
import { makeLog } from '../support/made-log.ts';
import { keyFor } from '../tlog/ed25519.ts';

const VERDICTS = [
  'integrity',
  'consistency',
  'authorization',
  'completeness',
  'retention',
  'witnesses',
];

/** Somebody with a bundle, a key, and one HTML file from anywhere. */
describe('the verifier as one HTML file, in Chromium', { skip: whyNoChromium() }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-page-'));
  const address = pathToFileURL(join(dir, 'verify.html')).href;
  let chromium: Browser;
  let page: Page;
  let kept: KeptLog;
  let vkey: string;
  let earlier: Uint8Array;
  /** Whatever the page complains of, and whatever it asks for. */
  const complaints: string[] = [];

  before(async () => {
    writeFileSync(join(dir, 'verify.html'), await makeVerifierPage());
    ({ kept, vkey } = await makeLog(async (log) => {
      await record(log.store, settingUp(log.set));
      const publisher = await log.sign();
      earlier = publisher.published?.note ?? assert.fail();
      await log.grow(300);
      await publisher.publish();
    }));
    chromium = await launchChromium();
    page = await chromium.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^(?:data|blob):/.test(request.url()) && request.url() !== address)
        complaints.push(request.url());
    });
  });

  after(async () => {
    await chromium?.close();
    rmSync(dir, { recursive: true });
  });

  const put = (name: string, bytes: Uint8Array | string): string => {
    const file = join(dir, name);
    writeFileSync(file, bytes);
    return file;
  };

  const verdict = (name: string): Locator => page.locator(`[data-verdict=${name}]`);
  const outcome = (name: string) => verdict(name).getAttribute('data-outcome');

  async function check(
    members: ReadonlyMap<string, Uint8Array>,
    given: { key?: string; since?: string } = {},
  ): Promise<void> {
    await page.goto(address);
    await page.getByLabel('The bundle').setInputFiles(put('bundle.zip', packBundle(members)));
    await page.getByLabel('The key of the log').fill(given.key ?? vkey);
    if (given.since !== undefined)
      await page.getByLabel('A checkpoint you kept').setInputFiles(given.since);
    await page.getByRole('button', { name: 'Check this bundle' }).click();
    await page.locator('#answers h2, #mistake:not([hidden])').first().waitFor();
  }

  it('gives six answers to a good bundle, one by one', async () => {
    await check(bundleMembers(kept));
    const names = await page
      .locator('[data-verdict]')
      .evaluateAll((items) => items.map((item) => item.getAttribute('data-verdict')));
    assert.deepEqual(names, VERDICTS);
    assert.equal(await outcome('integrity'), 'verified');
    assert.equal(await outcome('consistency'), 'not-asked');
    assert.match(
      await verdict('integrity').innerText(),
      /Is everything as it was signed\?\s+Holds/,
    );
    assert.match(
      await page.locator('.lead').last().innerText(),
      /^Of 6 questions, .*2 were not asked\.$/,
    );
  });

  it('says what was checked and what was not', async () => {
    const text = await page.locator('#answers').innerText();
    for (const said of ['bundle.zip', 'log.example/1', '305 entries', 'What was not checked'])
      assert.ok(text.includes(said), `${said}: ${text}`);
  });

  it('compares with a checkpoint that was kept', async () => {
    await check(bundleMembers(kept), { since: put('kept', earlier) });
    assert.equal(await outcome('consistency'), 'verified');
  });

  it('sees one bit that was changed', async () => {
    const members = bundleMembers(kept);
    const entries = new Uint8Array(members.get(MEMBERS.entries) ?? []);
    entries[9000] = (entries[9000] ?? 0) ^ 1;
    await check(members.set(MEMBERS.entries, entries));
    assert.equal(await outcome('integrity'), 'refuted');
    assert.match(await verdict('integrity').innerText(), /Does not hold/);
    assert.ok((await verdict('integrity').locator('.findings li').count()) > 0);
  });

  it('believes no other key', async () => {
    await check(bundleMembers(kept), { key: formatVerifierKey(keyFor('log.example/1').verifier) });
    assert.equal(await outcome('integrity'), 'refuted');
  });

  it('refuses what is no bundle, and says why', async () => {
    const members = bundleMembers(kept).set(MEMBERS.manifest, Buffer.from('{'));
    await check(members);
    const alert = page.getByRole('alert');
    assert.match(await alert.innerText(), /no bundle, or it was changed: manifest\.json/);
    assert.equal(await page.locator('[data-verdict]').count(), 0);
  });

  it('asks for what is missing', async () => {
    await check(bundleMembers(kept), { key: ' ' });
    assert.match(await page.getByRole('alert').innerText(), /key of the log is missing/);
    await check(bundleMembers(kept), { key: 'x+y+z' });
    assert.match(await page.getByRole('alert').innerText(), /key/);
    await page.goto(address);
    await page.getByRole('button', { name: 'Check this bundle' }).click();
    assert.match(await page.getByRole('alert').innerText(), /Choose a bundle/);
  });

  it('takes a bundle that is dropped on it', async () => {
    await page.goto(address);
    const bytes = Buffer.from(packBundle(bundleMembers(kept))).toString('base64');
    const drop = `(text) => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], 'dropped.zip'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }`;
    await page.evaluate(`(${drop})(${JSON.stringify(bytes)})`);
    await page.getByLabel('The key of the log').fill(vkey);
    await page.getByRole('button', { name: 'Check this bundle' }).click();
    await page.locator('#answers h2').first().waitFor();
    assert.equal(await outcome('integrity'), 'verified');
    assert.match(await page.locator('#answers').innerText(), /dropped\.zip/);
  });

  it('can be used from the keyboard, and tells where the answers are', async () => {
    await page.goto(address);
    await page.getByLabel('The bundle').setInputFiles(join(dir, 'bundle.zip'));
    await page.getByLabel('The key of the log').fill(vkey);
    await page.getByRole('button', { name: 'Check this bundle' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('#answers h2, #mistake:not([hidden])').first().waitFor();
    assert.notEqual(await page.getByRole('status').innerText(), '');
  });

  it('lets nothing else run, asks for nothing and has nothing to complain of', async () => {
    await check(bundleMembers(kept));
    assert.deepEqual(complaints, []);
    const policy = await page
      .locator('meta[http-equiv="Content-Security-Policy"]')
      .getAttribute('content');
    assert.match(
      policy ?? '',
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'/,
    );
    await page.evaluate(
      "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }))",
    );
    assert.equal(await page.evaluate('window.ran'), undefined);
  });

  it('is made of the same bytes each time', async () => {
    assert.equal(await makeVerifierPage(), await makeVerifierPage());
  });
});
