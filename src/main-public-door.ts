import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import type { Router } from 'express';
import express from 'express';
import type { Logger } from 'pino';
import { createApi } from './api/api.ts';
import { createHealth, createJwks, type Readiness } from './api/health.ts';
import { createLogDoor } from './api/log.ts';
import type { Config } from './config.ts';
import { refuseSignIn, signOut, startSession } from './control/sign-in.ts';
import type { Control } from './control/control.ts';
import type { PublicDoor } from './http/listener.ts';
import { createPublicApp } from './http/public-app.ts';
import { PublishedLog } from './recorder/published-log.ts';
import type { DataPlane } from './main-account-door.ts';
import type { Foundation } from './main-foundation.ts';
import type { Hallway } from './main-hallway.ts';
import { createMetrics } from './main-metrics.ts';
import { VERSION } from './main-version.ts';
import { addWitnessMetrics, describeWitnessed } from './main-witness-metrics.ts';
import { createAuthRouter, type SignInActs } from './web/auth.ts';
import { createWeb } from './web/web.ts';

/** Pages, API, sign-in and health: what answers on the public origin. */
export function buildPublicDoor(
  config: Config,
  { store, recorder, publisher, witnessing, control }: Foundation,
  hallway: Hallway,
  plane: DataPlane,
  logger: Logger,
  health: Router,
): PublicDoor {
  const { publicUrl, listen } = config;
  const { sessions, sessionSecret, clients, refuse, securityHeaders, frame, addresses } = hallway;
  const now = () => recorder.now();
  const networkOf = (message: IncomingMessage) => addresses.networkOf(message);
  const publicOrigin = publicUrl.origin;
  const jwks = createJwks(() => plane.signer.keySet(now()));
  const log = createLogDoor(new PublishedLog(store, publisher, witnessing));
  const auth = createAuthRouter({
    publicUrl,
    clients,
    acts: signInActs(control),
    sessions,
    sessionSecret,
    networkOf,
    now,
    logger,
  });
  const api = createApi({ control, networkOf, publicOrigin, version: VERSION });
  const pages = createWeb({
    control,
    networkOf,
    frame,
    publicOrigin,
    realms: clients.map((client) => client.realm),
  });
  return createPublicApp({
    publicOrigin,
    sessions,
    securityHeaders,
    refuse,
    openDoors: listen.admin === undefined ? [jwks, log, health] : [jwks, log],
    doors: [auth, mount('/api/v1', api), pages],
  });
}

/** Health and metrics, on the public address or on one of their own. */
export function buildHealth(
  { recorder, publisher, witnessing }: Foundation,
  { addresses }: Hallway,
  { exchanges }: DataPlane,
  isDraining: () => boolean,
): Router {
  const metrics = createMetrics(recorder, publisher, exchanges);
  if (witnessing !== undefined) addWitnessMetrics(metrics, publisher, witnessing);
  return createHealth({
    readiness: () => ({
      ...readinessOf([recorder.health(), publisher.health()], isDraining()),
      remarks: witnessing === undefined ? [] : [describeWitnessed(witnessing)],
    }),
    metrics,
    isTrusted: (message) =>
      addresses.isFromTrustedProxy(message) || isLoopback(message.socket.remoteAddress),
  });
}

function readinessOf(
  found: readonly ReturnType<Foundation['recorder']['health']>[],
  isDraining: boolean,
): Readiness {
  const reasons = [
    ...(isDraining ? ['the gateway is stopping'] : []),
    ...found.flatMap((health) => (health.able ? [] : [health.why])),
  ];
  return reasons.length === 0 ? { isReady: true } : { isReady: false, reasons };
}

function signInActs(control: Control): SignInActs {
  return {
    startSession: ({ identity, ...signIn }) => {
      const { idToken, authTime: _authTime, ...principal } = identity;
      return startSession(control, { ...signIn, principal, idToken });
    },
    endSession: ({ session, network }) => signOut(control, session, network),
    refuseSignIn: (refused) => refuseSignIn(control, refused),
  };
}

function mount(path: string, router: Router): Router {
  return express.Router().use(path, router);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
