import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Identity, outboundHeaders } from '../../src/gateway/request-headers.ts';
import { type Line, messageOf, pairsOf } from './requests.ts';

const IDENTITY: Identity = {
  assertion: 'our.own.assertion',
  record: 4711,
  host: '127.0.0.1:9000',
  forwardedFor: '192.0.2.7',
  forwardedHost: 'acme.accounts.localhost:8080',
  forwardedProto: 'http',
  account: { header: 'X-Account', value: 'acme' },
};
const OURS: [string, string][] = [
  ['host', '127.0.0.1:9000'],
  ['x-forwarded-for', '192.0.2.7'],
  ['x-forwarded-host', 'acme.accounts.localhost:8080'],
  ['x-forwarded-proto', 'http'],
  ['forwarded', 'for=192.0.2.7;host="acme.accounts.localhost:8080";proto=http'],
  ['x-account', 'acme'],
  ['sallyport-record', '4711'],
  ['sallyport-assertion', 'our.own.assertion'],
];
const COOKIES = { cookieNames: ['sallyport-visit', 'sallyport', 'sallyport-signin'] };

function send(lines: readonly Line[], identity: Identity = IDENTITY): [string, string][] {
  return pairsOf(outboundHeaders(messageOf(lines), identity, COOKIES));
}

describe('the header block an upstream gets', () => {
  it('ends in exactly our own headers', () => {
    assert.deepEqual(send([['Accept', '*/*']]), [['accept', '*/*'], ...OURS]);
  });

  const spoofed = [
    'Sallyport-Assertion',
    'sallyport-assertion',
    'SALLYPORT-RECORD',
    'Sallyport-Anything',
    'sallyport_assertion',
    'Sallyport.Record',
    'Sallyport',
    'X-Account',
    'x-account',
    'x_account',
    'X.Account',
    'X-Forwarded-For',
    'x_forwarded_for',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-User',
    'X-Forwarded-Prefix',
    'Forwarded',
    'Via',
    'Host',
    'X-Host',
    'X-Real-IP',
    'X-Client-IP',
    'Client-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-Remote-Addr',
    'X-Original-URL',
    'X-Original-URI',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-Method-Override',
    'X-HTTP-Method',
    'Proxy',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Expect',
    'HTTP2-Settings',
    'X Account',
    "X-Acc'ount",
    'X-Accöunt',
  ];
  for (const name of spoofed)
    it(`has nothing of a client's ${name}, once or twice`, () => {
      const line: Line = [name, 'spoofed'];
      assert.deepEqual(send([line]), OURS);
      assert.deepEqual(send([line, ['Accept', '*/*'], line]), [['accept', '*/*'], ...OURS]);
    });

  it('keeps our headers when the client names them in Connection', () => {
    const named = 'close, Sallyport-Assertion, X-Account,Sallyport-Record , Host, X-Forwarded-For';
    assert.deepEqual(send([['Connection', named]]), OURS);
  });

  it('drops what the client names in Connection, in every line of it, but for the framing', () => {
    const headers = send([
      ['Connection', 'X-One'],
      ['X-One', '1'],
      ['X-Two', '2'],
      ['connection', 'keep-alive, x-TWO, Content-Length, Content-Type'],
      ['Content-Length', '3'],
      ['Content-Type', 'text/plain'],
    ]);
    assert.deepEqual(headers.slice(0, -OURS.length), [
      ['content-length', '3'],
      ['content-type', 'text/plain'],
    ]);
  });

  it('passes other headers in their order, several lines of one name as several', () => {
    const lines: Line[] = [
      ['X-One', 'a'],
      ['Accept-Language', 'de'],
      ['x-one', 'b'],
      ['Authorization', 'Basic eDp5'],
      ['Origin', 'http://acme.accounts.localhost:8080'],
    ];
    assert.deepEqual(send(lines).slice(0, -OURS.length), pairsOf(lines.flat()));
  });

  it('has no credential of ours, and the cookies and credentials of the upstream', () => {
    const token = `spv_${'A'.repeat(43)}`;
    const headers = send([
      ['Authorization', `Bearer ${token}`],
      ['Authorization', 'Basic eDp5'],
      ['Cookie', `theme=dark; sallyport-visit=spc_${'C'.repeat(43)}; sallyport=s%3Ax`],
      ['cookie', 'sallyport-signin=x;lang=de; sallyport-visit=junk'],
    ]);
    assert.deepEqual(headers.slice(0, -OURS.length), [
      ['authorization', 'Basic eDp5'],
      ['cookie', 'theme=dark; lang=de'],
    ]);
  });

  it('has no Cookie when all of them were ours', () => {
    assert.deepEqual(send([['Cookie', 'sallyport-visit=x; ;']]), OURS);
  });

  it('quotes an IPv6 address as RFC 7239 wants it', () => {
    const headers = send([], { ...IDENTITY, forwardedFor: '2001:db8::7' });
    const forwarded = headers.find(([name]) => name === 'forwarded')?.[1] ?? '';
    assert.match(forwarded, /^for="\[2001:db8::7\]";/);
  });

  it('has no account header if none is configured, but then nothing is promised of that name', () => {
    const headers = send([['X-Account', 'globex']], { ...IDENTITY, account: undefined });
    assert.ok(headers.some(([name, value]) => name === 'x-account' && value === 'globex'));
  });

  it('has each of our headers once and last, whatever comes', () => {
    const name = fc.constantFrom(
      ...spoofed,
      'X-Other',
      'Cookie',
      'Authorization',
      'Content-Length',
    );
    const line = fc.tuple(name, fc.constantFrom('', 'spoofed', 'X-Account', 'a, b'));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const headers = send(lines);
        assert.deepEqual(headers.slice(-OURS.length), OURS);
        const names = new Set(OURS.map(([own]) => own));
        assert.equal(headers.filter(([own]) => names.has(own)).length, OURS.length);
        for (const [sent] of headers) assert.match(sent, /^[a-z0-9-]+$/);
      }),
      { numRuns: 1000 },
    );
  });
});
