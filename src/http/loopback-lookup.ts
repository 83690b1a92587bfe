import { lookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

const IPV4: LookupAddress = { address: '127.0.0.1', family: 4 };
const IPV6: LookupAddress = { address: '::1', family: 6 };

/**
 * Whether a host name can only ever mean this machine: `localhost` or a name below it
 * (RFC 6761, section 6.3). A trailing dot and the case of letters make no difference.
 */
export function isLocalhostName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost');
}

/**
 * A `lookup` for sockets and HTTP agents that answers 127.0.0.1 for `localhost` and every name below
 * it, and asks `dns.lookup` for all other names.
 *
 * RFC 6761 has these names answered without the network, but the C library of Debian 12 finds no
 * address for `*.localhost`. A caller that insists on IPv6 gets ::1.
 */
export const loopbackLookup: LookupFunction = (hostname, options, callback) => {
  if (!isLocalhostName(hostname)) {
    lookup(hostname, options, callback);
    return;
  }
  const answer = wantsIpv6(options.family) ? IPV6 : IPV4;
  // A resolver never answers within the call that asked, and its callers rely on that.
  process.nextTick(() => {
    if (options.all === true) callback(null, [answer]);
    else callback(null, answer.address, answer.family);
  });
};

function wantsIpv6(family: number | 'IPv4' | 'IPv6' | undefined): boolean {
  return family === 6 || family === 'IPv6';
}
