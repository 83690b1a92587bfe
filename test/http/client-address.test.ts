import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClientAddresses, type TrustedRange } from '../../src/http/client-address.ts';
import { requestWith } from './requests.ts';

const PROXIES: readonly TrustedRange[] = [
  { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
  { address: '2001:db8::', prefix: 32, family: 'ipv6' },
];

const TABLE: readonly [
  says: string,
  peer: string,
  forwarded: string | undefined,
  address: string,
][] = [
  ['a peer nobody trusts speaks for itself', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ['a proxy without the header is the client', '10.0.0.1', undefined, '10.0.0.1'],
  ['a proxy names the client', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['the right-most untrusted hop counts', '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
  ['trusted hops are passed over', '10.0.0.1', '203.0.113.9, 10.9.9.9', '203.0.113.9'],
  ['all trusted: the farthest', '10.0.0.1', '10.3.3.3, 10.9.9.9', '10.3.3.3'],
  ['what is no address ends the list', '10.0.0.1', '203.0.113.9, unknown', '10.0.0.1'],
  ['junk at the end', '10.0.0.1', '203.0.113.9,', '10.0.0.1'],
  ['an address with a port is none', '10.0.0.1', '203.0.113.9:80', '10.0.0.1'],
  ['an IPv4 peer on a socket for both', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['a mapped hop', '10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
  ['IPv6 proxies and clients', '2001:db8::1', '2001:4860::8', '2001:4860::8'],
  ['an IPv6 peer nobody trusts', '2001:4860::8', '203.0.113.9', '2001:4860::8'],
  ['a zone is no part of an address', 'fe80::1%eth0', undefined, 'fe80::1'],
];

describe('the address of a client', () => {
  const addresses = createClientAddresses(PROXIES);
  for (const [says, peer, forwarded, expected] of TABLE) {
    it(`is ${expected}: ${says}`, () => {
      const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
      assert.equal(addresses.addressOf(requestWith(headers, { peer })), expected);
    });
  }

  it("is the peer's while nobody is trusted, whatever headers say", () => {
    const headers = {
      'x-forwarded-for': '1.1.1.1',
      forwarded: 'for=1.1.1.1',
      'x-real-ip': '1.1.1.1',
    };
    const request = requestWith(headers, { peer: '127.0.0.1' });
    assert.equal(createClientAddresses([]).addressOf(request), '127.0.0.1');
    assert.equal(createClientAddresses([]).isFromTrustedProxy(request), false);
  });

  it('is recorded with the user agent, cut short', () => {
    const request = requestWith({ 'user-agent': 'x'.repeat(5_000) });
    const network = addresses.networkOf(request);
    assert.equal(network.ip, '192.0.2.1');
    assert.equal(network.userAgent?.length, 512);
    assert.deepEqual(addresses.networkOf(requestWith({})), { ip: '192.0.2.1' });
  });

  it('belongs to a trusted proxy only by the peer', () => {
    const headers = { 'x-forwarded-for': '10.0.0.1' };
    assert.equal(addresses.isFromTrustedProxy(requestWith(headers)), false);
    assert.equal(addresses.isFromTrustedProxy(requestWith({}, { peer: '10.1.2.3' })), true);
  });
});
