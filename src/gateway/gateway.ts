import type { ServerResponse } from 'node:http';
import type { Decision, Permit } from '../domain/decision.ts';
import type { AccessAttempted, RecordedRequest } from '../domain/event.ts';
import type { AccountId } from '../domain/ids.ts';
import type { Visit } from '../domain/visit.ts';
import { hashSecret } from '../control/secrets.ts';
import { decide } from '../policy/decide.ts';
import type { Facts } from '../policy/facts.ts';
import type { Policy } from '../policy/policy.ts';
import type { Recorded } from '../recorder/recorded.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Arrival, Visitor } from './arrival.ts';
import type { AssertionSigner } from './assertion.ts';
import { readCredentials } from './credentials.ts';
import { isForeign } from './cross-site.ts';
import type { Exchange, Exchanges } from './exchanges.ts';
import { forward, type Outcome, type Sending, type UpstreamPools } from './forward.ts';
import { attemptOf, knownOf, unansweredProblem, unlocated } from './events.ts';
import { isPlainlyFramed } from './framing.ts';
import { locate, type Place } from './locate.ts';
import { Refusal } from './refusal.ts';
import { outboundHeaders } from './request-headers.ts';
import { type Upstream, upstreamOrigin } from './upstream.ts';

/** A request that may go: its attempt is on disk. */
export interface Admitted {
  readonly recorded: Recorded<AccessAttempted>;
  readonly exchange: Exchange;
  readonly place: Place;
}

export interface GatewayRooms {
  readonly recorder: Recorder;
  readonly facts: Facts;
  readonly policy: () => Policy;
  readonly exchanges: Exchanges;
  readonly signer: AssertionSigner;
  readonly pools: UpstreamPools;
  readonly upstreams: readonly Upstream[];
  /** The names of Sallyport's own cookies, the visit's first. */
  readonly cookieNames: readonly [string, ...string[]];
}

/** How often a decision is made anew because a fact changed between it and its record. */
const MOST_DECISIONS = 3;

/** The end of an attempt that a fault of ours kept from being sent. */
const NEVER_SENT: Outcome = {
  status: 500,
  bytesIn: 0,
  bytesOut: 0,
  cut: undefined,
  isUnanswered: false,
};

/**
 * The way of a proxied request: authenticate, which account and what, decide, record durably, forward,
 * finish. Nothing is forwarded that is not on disk; whatever is not let through is thrown as a `Refusal`.
 */
export class Gateway {
  readonly #rooms: GatewayRooms;

  constructor(rooms: GatewayRooms) {
    this.#rooms = rooms;
  }

  async serve(arrival: Arrival, visitor: Visitor, response: ServerResponse): Promise<void> {
    const admitted = await this.admit(arrival, visitor);
    const sending = await this.prepare(arrival, admitted);
    const outcome = await this.#forward(arrival, admitted, sending, response);
    this.finish(admitted, outcome);
    if (outcome.isUnanswered) throw unansweredProblem(outcome);
  }

  /** The steps before the upstream: locate, decide, record. */
  async admit(arrival: Arrival, visitor: Visitor): Promise<Admitted> {
    const place = this.#locate(arrival);
    if (!isPlainlyFramed(arrival.message))
      throw new Refusal('ambiguous-request', 'The body can be read in two ways.', knownOf(place));
    for (let decisions = 0; decisions < MOST_DECISIONS; decisions += 1) {
      const permit = await this.#decide(arrival, visitor, place);
      const admitted = await this.#record(arrival, visitor, place, permit);
      if (admitted !== undefined) return admitted;
    }
    throw new Refusal('no-basis', 'The permission has just changed.', knownOf(place));
  }

  /** Whose request it is; `undefined` for a stranger. */
  async authenticate(arrival: Arrival): Promise<Visitor | undefined> {
    const visit = await this.#findVisit(arrival);
    const session = visit && (await this.#rooms.facts.session(visit.session));
    return visit && session && { visit, session };
  }

  async #findVisit(arrival: Arrival): Promise<Visit | undefined> {
    const credentials = readCredentials(arrival.message, this.#rooms.cookieNames[0]);
    switch (credentials.kind) {
      case 'none':
        return undefined;
      case 'ambiguous':
        throw this.#twoVisits(arrival);
      case 'both': {
        const byToken = await this.#visitBy('token', credentials.token);
        const byCookie = await this.#visitBy('cookie', credentials.cookie);
        if (byCookie !== undefined && byCookie.id !== byToken?.id) throw this.#twoVisits(arrival);
        return byToken;
      }
      case 'token':
      case 'cookie':
        return this.#visitBy(credentials.kind, credentials.secret);
    }
  }

  #visitBy(use: 'token' | 'cookie', secret: string): Promise<Visit | undefined> {
    const { facts, recorder } = this.#rooms;
    return facts.visitByKey(hashSecret(secret), [use], recorder.now());
  }

  #twoVisits(arrival: Arrival): Refusal {
    return new Refusal('ambiguous-request', 'The request carries two different visits.', {
      request: this.describe(arrival),
    });
  }

  /** What a browser was made to send by another site's page is nobody's wish. */
  refuseForeign(arrival: Arrival): void {
    const { message, origin } = arrival;
    const credentials = readCredentials(message, this.#rooms.cookieNames[0]);
    if (credentials.kind !== 'cookie') return;
    const known = { request: this.describe(arrival) };
    if (message.headers['service-worker'] !== undefined)
      throw new Refusal('blocked', 'A service worker may not be installed here.', known);
    if (isForeign(message, origin))
      throw new Refusal('cross-site', 'The request was made by another site.', known);
  }

  /** The request as it may be recorded, whatever becomes of it. */
  describe({ message }: Arrival): RecordedRequest {
    const { method = '', url = '' } = message;
    const located = locate(this.#rooms.upstreams, { method, rawTarget: url });
    return located.found === 'place' ? located.place.request : located.request;
  }

  finish({ recorded }: Admitted, outcome: Outcome): void {
    this.#rooms.recorder.recordEnd({
      event: 'access.finished',
      actor: recorded.event.actor,
      account: recorded.event.account,
      attempt: recorded.index,
      status: outcome.isUnanswered ? unansweredProblem(outcome).status : outcome.status,
      bytesIn: outcome.bytesIn,
      bytesOut: outcome.bytesOut,
      durationMs: Math.max(0, this.#rooms.recorder.now() - recorded.at),
      ...(outcome.cut === undefined ? {} : { cut: outcome.cut }),
    });
  }

  /** What is sent to the upstream for an admitted request. If it cannot be made, the attempt has ended. */
  async prepare(arrival: Arrival, admitted: Admitted): Promise<Sending> {
    try {
      return await this.#sending(arrival, admitted);
    } catch (error) {
      admitted.exchange.close();
      this.finish(admitted, NEVER_SENT);
      throw error;
    }
  }

  /** The target is the very text that was decided on. */
  async #sending(arrival: Arrival, { recorded, exchange, place }: Admitted): Promise<Sending> {
    const { signer, recorder, cookieNames } = this.#rooms;
    const { message, account, origin, network } = arrival;
    const { upstream } = place;
    const target = upstreamOrigin(upstream, account);
    const own = new URL(origin);
    const assertion = await signer.assert(exchange.permit, upstream.name, recorder.now());
    const identity = {
      assertion,
      record: recorded.index,
      host: upstream.preserveHost ? own.host : new URL(target).host,
      forwardedFor: network.ip,
      forwardedHost: own.host,
      forwardedProto: own.protocol.slice(0, -1),
      account:
        upstream.accountHeader === undefined
          ? undefined
          : { header: upstream.accountHeader, value: account },
    };
    return {
      origin: target,
      rawTarget: message.url ?? '/',
      headers: outboundHeaders(message, identity, { cookieNames }),
      rewrite: {
        record: recorded.index,
        upstreamOrigin: target,
        accountOrigin: origin,
        cookieNames,
      },
    };
  }

  /** Whether a permit may go on: asked again when something ended that it may have rested on. */
  async reconsider(permit: Permit) {
    const { facts, recorder } = this.#rooms;
    const session = await facts.session(permit.visit.session);
    if (session === undefined) return 'signed-out' as const;
    const decision = await this.#judge(
      { visit: permit.visit, session },
      permit.visit.account,
      permit.access,
      recorder.now(),
    );
    if (decision.outcome === 'permit') return decision;
    return decision.reason === 'sign-in-required'
      ? ('signed-out' as const)
      : ('grant-ended' as const);
  }

  #locate(arrival: Arrival): Place {
    const { method = '', url = '' } = arrival.message;
    const located = locate(this.#rooms.upstreams, { method, rawTarget: url });
    if (located.found === 'place') return located.place;
    throw unlocated(located);
  }

  async #decide(arrival: Arrival, visitor: Visitor, place: Place): Promise<Permit> {
    const now = this.#rooms.recorder.now();
    const decision = await this.#judge(visitor, arrival.account, place.access, now);
    if (decision.outcome === 'permit') return decision;
    const { reason, detail, rule, policy } = decision;
    throw new Refusal(reason, detail, { ...knownOf(place), rule, policy });
  }

  async #judge(
    visitor: Visitor,
    account: AccountId,
    access: Place['access'],
    at: number,
  ): Promise<Decision> {
    const grants = await this.#rooms.facts.grants(account, visitor.visit.openedAt);
    return decide(this.#rooms.policy(), { ...visitor, account, access, at }, { grants });
  }

  /** Registered before it is recorded, so that an end which commits in between still stops it. `undefined`: a fact has changed. */
  async #record(
    arrival: Arrival,
    visitor: Visitor,
    place: Place,
    permit: Permit,
  ): Promise<Admitted | undefined> {
    const { exchanges, recorder } = this.#rooms;
    const exchange = exchanges.open(permit);
    try {
      const recording = await recorder.recordAttempt(attemptOf(arrival, visitor, place, permit));
      if (recording.outcome === 'recorded')
        return { recorded: recording.recorded[0], exchange, place };
      exchange.close();
      return undefined;
    } catch (error) {
      exchange.close();
      throw error;
    }
  }

  #forward(
    { message }: Arrival,
    { recorded, exchange }: Admitted,
    sending: Sending,
    response: ServerResponse,
  ): Promise<Outcome> {
    if (message.headers.expect !== undefined) response.writeContinue();
    return forward(recorded, exchange, this.#rooms.pools, sending, { request: message, response });
  }
}
