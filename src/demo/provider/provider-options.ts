import { isLocalhostName } from '../../http/loopback-lookup.ts';
import type { Person, ProviderClient, Realm } from './person.ts';

export interface ProviderOptions {
  readonly realm: Realm;
  /** 0 for any that is free. */
  readonly port: number;
  /** What the sign-in page calls itself, for instance "Example staff". */
  readonly title: string;
  /** Looked up at every step, so a person taken out or changed counts at once. */
  readonly people: readonly Person[];
  readonly clients: readonly ProviderClient[];
}

/**
 * Here anyone is whoever they like with one click, so nothing beyond this machine may rely on it.
 *
 * @throws Error if a client's address is not on this machine, or two people share a subject
 */
export function checkOptions(options: ProviderOptions): void {
  for (const address of options.clients.flatMap(addressesOf)) {
    if (!isOnThisMachine(address)) {
      throw new Error(`the development provider serves this machine only, not ${address}`);
    }
  }
  const subjects = new Set(options.people.map((person) => person.subject));
  if (subjects.size !== options.people.length) throw new Error('two people share a subject');
}

/** Every address a client may be sent to, or is told of a sign-out at. */
export function addressesOf(client: ProviderClient): string[] {
  const { redirectUris, postLogoutRedirectUris, backchannelLogoutUri } = client;
  const addresses = [...redirectUris, ...postLogoutRedirectUris];
  return backchannelLogoutUri === undefined ? addresses : [...addresses, backchannelLogoutUri];
}

function isOnThisMachine(address: string): boolean {
  const hostname = URL.parse(address)?.hostname ?? '';
  return isLocalhostName(hostname) || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
