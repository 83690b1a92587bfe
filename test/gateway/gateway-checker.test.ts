import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checkGateway, CONNECTION_HEADER } from '../support/gateway-checker.ts';
import type { Hit } from '../support/lenient-upstream.ts';
import { Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.set();
  const headers = [`${CONNECTION_HEADER}: one`];
  for (const target of ['/one', '/two']) await stage.ask({ token: stage.token, target, headers });
});
after(() => stage.strike());

function check(hits: readonly Hit[]): Promise<unknown> {
  return checkGateway({ hits, databaseFile: stage.house.databaseFile, accountHeader: 'X-Account' });
}

/** The hits, with something done to the first. */
function tampered(over: (hit: Hit) => Partial<Hit>): Hit[] {
  return stage.hits.map((hit, at) => (at === 0 ? { ...hit, ...over(hit) } : hit));
}

function withHeader(name: string, value: string): Hit[] {
  return tampered(({ rawHeaders }) => ({ rawHeaders: [...rawHeaders, name, value] }));
}

function withoutHeader(name: string): Hit[] {
  return tampered(({ rawHeaders }) => ({
    rawHeaders: rawHeaders.filter((_, at) => rawHeaders[at - (at % 2)] !== name),
  }));
}

describe('the checker of the gateway', () => {
  it('has nothing against what really happened', async () => {
    await check(stage.hits);
  });

  const wrongs: [string, () => readonly Hit[], RegExp][] = [
    ['a request without a record', () => withoutHeader('Sallyport-Record'), /without an attempt/],
    [
      'a record that is none',
      () => tampered(() => ({ rawHeaders: ['Sallyport-Record', '0'] })),
      /without an attempt/,
    ],
    ['another path', () => tampered(() => ({ target: '/admin' })), /recorded as GET \/one/],
    ['another method', () => tampered(() => ({ method: 'DELETE' })), /recorded as GET \/one/],
    ['a request sent twice', () => [...stage.hits, ...stage.hits.slice(0, 1)], /sent twice/],
    ['another order', () => stage.hits.toReversed(), /was sent after/],
    ['a request that never arrived', () => stage.hits.slice(1), /never arrived/],
    ['a second account', () => withHeader('X-Account', 'globex'), /has not one x-account/],
    [
      'no assertion',
      () => withHeader('Sallyport-Assertion', 'x'),
      /has not one sallyport-assertion/,
    ],
    ['a look-alike', () => withHeader('x_account', 'globex'), /has x_account/],
    ['a token', () => withHeader('X-T', stage.token), /a credential of ours/],
    ['a cookie', () => withHeader('Cookie', 'a=1; sallyport-visit=x'), /a credential of ours/],
  ];
  for (const [name, hits, complaint] of wrongs)
    it(`notices ${name}`, async () => {
      await assert.rejects(check(hits()), complaint);
    });
});
