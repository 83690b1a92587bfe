import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** Why the browser tests cannot run here; `false` if they can. In CI a missing browser is a failure, not a skip. */
export function whyNoChromium(): string | false {
  if (existsSync(CHROMIUM)) return false;
  if (process.env['CI'] !== undefined) throw new Error(`${CHROMIUM} is missing`);
  return `${CHROMIUM} is not installed (apt-get install chromium)`;
}

/** Debian's Chromium, with nothing that asks the outside. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // It would keep a page that a test answers itself from this machine's addresses.
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
    ],
  });
}
