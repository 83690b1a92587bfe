import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { isSessionAlive } from './domain/principal.ts';
import { AccountDoor } from './gateway/account-door.ts';
import { AnonymousRefusals } from './gateway/anonymous.ts';
import { AssertionSigner } from './gateway/assertion.ts';
import { Exchanges } from './gateway/exchanges.ts';
import { UpstreamPools } from './gateway/forward.ts';
import { Gateway } from './gateway/gateway.ts';
import { Threshold } from './gateway/threshold.ts';
import { Tunnel } from './gateway/tunnel.ts';
import { nameCookie, type OwnCookie } from './http/cookies.ts';
import { loopbackLookup } from './http/loopback-lookup.ts';
import { refuseOnSocket } from './http/raw-refusal.ts';
import { createSessionStamp } from './http/sign-in.ts';
import type { Foundation } from './main-foundation.ts';
import type { Hallway } from './main-hallway.ts';
import { Facts } from './policy/facts.ts';

/** The data plane: the accounts' origins and what stands behind them. */
export interface DataPlane {
  readonly door: AccountDoor;
  readonly exchanges: Exchanges;
  readonly anonymous: AnonymousRefusals;
  readonly signer: AssertionSigner;
  readonly pools: UpstreamPools;
}

export function buildDataPlane(
  config: Config,
  { store, recorder, control }: Foundation,
  hallway: Hallway,
  logger: Logger,
): DataPlane {
  const now = () => recorder.now();
  const publicOrigin = config.publicUrl.origin;
  const { frame, securityHeaders, addresses, refuse } = hallway;
  const cookie = nameCookie('sallyport-visit', config.accountUrl.scheme);
  const signer = new AssertionSigner(publicOrigin, {
    publish: (key) => store.keep({ do: 'publish-key', key }),
    published: () => store.reader.publishedKeys(now()),
  });
  const pools = new UpstreamPools(loopbackLookup);
  const facts = new Facts(() => store.reader);
  const exchanges: Exchanges = new Exchanges(now, (permit) => gateway.reconsider(permit));
  const gateway: Gateway = new Gateway({
    recorder,
    facts,
    policy: control.policy,
    exchanges,
    signer,
    pools,
    upstreams: config.upstreams,
    cookieNames: [cookie.name, ...publicCookieNames(config)],
  });
  recorder.follow((entries) => exchanges.hear(entries));
  const anonymous = new AnonymousRefusals(now, (event) => recorder.record([event]));
  const stamp = createSessionStamp({ store, now, logger });
  const door = new AccountDoor({
    gateway,
    recorder,
    anonymous,
    threshold: new Threshold({ control, gateway, cookie, publicOrigin, frame, securityHeaders }),
    tunnel: new Tunnel(gateway, loopbackLookup),
    publicOrigin,
    accountOrigin: control.settings.accountOrigin,
    networkOf: (message) => addresses.networkOf(message),
    noteActivity: ({ session }) => {
      if (isSessionAlive(session, now())) stamp(session);
    },
    answer: refuse,
    answerOnSocket: (socket, problem) => refuseOnSocket(socket, problem, publicOrigin),
    logger,
  });
  return { door, exchanges, anonymous, signer, pools };
}

/** A browser never sends them to an account's origin; a program that does must not show them to an upstream. */
function publicCookieNames(config: Config): string[] {
  const named = (name: string): OwnCookie => nameCookie(name, config.publicUrl.scheme);
  return [named('sallyport').name, named('sallyport-signin').name];
}
