import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type RunningDemo, startDemo } from '../../src/demo/demo.ts';
import { launchChromium, whyNoChromium } from '../support/chromium.ts';
import { freePorts } from '../support/free-ports.ts';
import { checkLog } from '../support/log-checker.ts';

describe('the five-step walk of the demo, in Chromium', { skip: whyNoChromium() }, () => {
  let demo: RunningDemo;
  let chromium: Browser;
  let port: number;
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-walk-'));
  let sam: Page;
  let olga: Page;
  /** What the pages of Sallyport complained of: a broken style, a violated policy. */
  const complaints: string[] = [];

  before(async () => {
    port = await freePorts(5);
    demo = await startDemo({ dir, port, print: () => {} });
    chromium = await launchChromium();
    sam = await openPage();
    olga = await openPage();
  });

  after(async () => {
    await chromium.close();
    await demo.stop(1000);
    await checkLog(join(dir, 'data/sallyport.db'), { isStopped: true });
    rmSync(dir, { recursive: true });
  });

  async function openPage(): Promise<Page> {
    const context = await chromium.newContext();
    const page = await context.newPage();
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to|blocked/i.test(message.text()))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    return page;
  }

  const acme = (path: string) => `http://acme.accounts.localhost:${port}${path}`;
  const heading = (page: Page) => page.locator('h1').first().innerText();

  it('shows the walk on its front page', async () => {
    const page = await openPage();
    await page.goto(demo.frontUrl);
    assert.equal(await page.locator('ol.walk > li').count(), 5);
  });

  it('1. refuses Sam, and says why', async () => {
    await sam.goto(acme('/invoices/1042'));
    await sam.getByRole('button', { name: 'Sign in as Sam' }).click();
    assert.equal(new URL(sam.url()).pathname, '/enter');
    assert.match(await heading(sam), /can’t go in/);
  });

  it('2. lets Olga say yes', async () => {
    await olga.goto(`${demo.publicUrl}/auth/owners/login?returnTo=/accounts/acme`);
    await olga.getByRole('button', { name: 'Sign in as Olga' }).click();
    assert.match(await heading(olga), /Nobody may enter/);
    await olga.getByRole('button', { name: 'Allow' }).click();
    await olga.getByText('1 h left').waitFor();
  });

  it('3. lets Sam in to look, on the page he wanted, and not to change', async () => {
    await sam.goto(acme('/invoices/1042'));
    assert.match(await heading(sam), /can enter acme now/);
    await sam.getByLabel('What are you going in for?').fill('The invoice total looks wrong');
    await sam.getByRole('button', { name: 'Enter acme' }).click();
    assert.equal(sam.url(), acme('/invoices/1042'));
    assert.equal(await heading(sam), 'Invoice 1042');
    assert.match(await sam.locator('body').innerText(), /Talking to\s*Sam Rivers/);
    await sam.goto(acme('/settings'));
    await sam.locator('main form button').first().click();
    assert.match(await heading(sam), /look only/);
  });

  it('4. ends when Olga says so: the live page stops, and the next click is refused', async () => {
    await sam.goto(acme('/live'));
    const socket = sam.locator('main').getByText(/cut at/);
    assert.equal(await socket.count(), 0);
    await sam
      .locator('main')
      .getByText(/^[1-9]\d*$/)
      .first()
      .waitFor();
    await olga.reload();
    assert.match(await heading(olga), /One person is in your account/);
    await olga.getByRole('button', { name: 'End now' }).click();
    await socket.nth(1).waitFor({ timeout: 2000 });
    assert.equal(await socket.count(), 2);
    await sam.goto(acme('/users'));
    assert.match(await heading(sam), /can’t go in/);
  });

  it('5. shows it all to the auditor', async () => {
    const aaron = await openPage();
    await aaron.goto(`${demo.publicUrl}/auth/staff/login?returnTo=/records`);
    await aaron.getByRole('button', { name: 'Sign in as Aaron' }).click();
    const text = await aaron.locator('main').innerText();
    for (const event of [
      'grant.issued',
      'visit.opened',
      'access.attempted',
      'access.refused',
      'grant.revoked',
    ])
      assert.ok(text.includes(event), `${event} is not shown`);
  });

  it('violated no policy of its pages', () => {
    assert.deepEqual(complaints, []);
  });

  it('keeps a hostile page of one account out of another', async () => {
    await olga.goto(`${demo.publicUrl}/accounts/acme`);
    await olga.getByRole('button', { name: 'Allow' }).click();
    await sam.goto(acme('/invoices'));
    await sam.getByLabel('What are you going in for?').fill('again');
    await sam.getByRole('button', { name: 'Enter acme' }).click();
    assert.equal(sam.url(), acme('/invoices'));
    // Another customer's page, same-site with this account, in the browser that has its cookie.
    const evil = await sam.context().newPage();
    const globex = `http://globex.accounts.localhost:${port}/`;
    await evil.route(globex, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${acme('/settings')}"><button>win</button></form>`,
      }),
    );
    await evil.goto(globex);
    const answers = await evil.evaluate(async (target) => {
      const ask = (init: RequestInit) =>
        fetch(target, { ...init, credentials: 'include' }).then(
          (answer) => `read ${answer.status}`,
          () => 'kept out',
        );
      return [await ask({}), await ask({ method: 'POST', body: 'x=1' })];
    }, acme('/settings'));
    assert.deepEqual(answers, ['kept out', 'kept out']);
    await evil.getByRole('button', { name: 'win' }).click();
    assert.match(await heading(evil), /came from another site/);
    const auditor = await openPage();
    await auditor.goto(
      `${demo.publicUrl}/auth/staff/login?returnTo=${encodeURIComponent('/records?event=access.refused&account=acme')}`,
    );
    await auditor.getByRole('button', { name: 'Sign in as Aaron' }).click();
    const text = await auditor.locator('main').innerText();
    assert.equal(text.match(/GET \/settings · cross-site/g)?.length, 1);
    assert.equal(text.match(/POST \/settings · cross-site/g)?.length, 2);
  });
});
