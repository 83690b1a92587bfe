import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Network } from '../domain/event.ts';

/** Addresses with a common prefix; a single address has all its bits in it. */
export interface TrustedRange {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

const LONGEST_USER_AGENT = 512;

/** Reads who a request came from; see `createClientAddresses`. */
export interface ClientAddresses {
  /** The address the request came from, as far as somebody we trust says so. */
  addressOf(request: IncomingMessage): string;
  /** The same with the user agent, as it is recorded. */
  networkOf(request: IncomingMessage): Network;
  /** Whether the peer itself, at the other end of the connection, is a trusted proxy. */
  isFromTrustedProxy(request: IncomingMessage): boolean;
}

/**
 * `X-Forwarded-For` is written by whoever likes to. It is believed only as far as the peer, and each
 * hop after it, is in `trusted`: the answer is the right-most hop that is not.
 */
export function createClientAddresses(trusted: readonly TrustedRange[]): ClientAddresses {
  const ranges = new BlockList();
  for (const { address, prefix, family } of trusted) ranges.addSubnet(address, prefix, family);
  const isTrusted = (address: string): boolean => {
    const version = isIP(address);
    return version !== 0 && ranges.check(address, version === 6 ? 'ipv6' : 'ipv4');
  };
  const addressOf = (request: IncomingMessage): string => {
    const hops = forwardedHops(request);
    let address = peerOf(request);
    while (isTrusted(address)) {
      const hop = hops.pop();
      if (hop === undefined || isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  };
  return {
    addressOf,
    networkOf: (request) => describeNetwork(addressOf(request), request.headers['user-agent']),
    isFromTrustedProxy: (request) => isTrusted(peerOf(request)),
  };
}

function describeNetwork(ip: string, userAgent: string | undefined): Network {
  if (userAgent === undefined || userAgent === '') return { ip };
  return { ip, userAgent: userAgent.slice(0, LONGEST_USER_AGENT) };
}

/** From the farthest to the nearest. */
function forwardedHops({ headers }: IncomingMessage): string[] {
  const written = headers['x-forwarded-for'] ?? '';
  const list = Array.isArray(written) ? written.join(',') : written;
  return list.split(',').map((hop) => normalAddress(hop.trim()));
}

function peerOf({ socket }: IncomingMessage): string {
  return normalAddress(socket.remoteAddress ?? 'unknown');
}

/** A socket for both families writes IPv4 addresses as `::ffff:192.0.2.1`. */
function normalAddress(address: string): string {
  const bare = address.replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  return mapped ?? bare;
}
