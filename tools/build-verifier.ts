/** Makes `dist/verify.html`, the verifier that runs in a browser. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { makeVerifierPage } from './verifier-page.ts';

const dist = new URL('../dist/', import.meta.url);

mkdirSync(dist, { recursive: true });
writeFileSync(new URL('verify.html', dist), await makeVerifierPage());
