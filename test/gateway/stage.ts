import type { AuditRecord } from '../../src/audit/record.ts';
import type { RunningGateway } from '../../src/main-gateway.ts';
import { until } from '../support/until.ts';
import { checkGateway } from '../support/gateway-checker.ts';
import {
  buildHouse,
  type House,
  type HouseOptions,
  openGateway,
  Someone,
} from '../support/house.ts';
import type { Hit } from '../support/lenient-upstream.ts';
import { RawConnection, type RawAnswer } from './raw-connection.ts';

/** What a request on the wire consists of; every part may be hostile. */
export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  /** Of a visit; it is sent in `Proxy-Authorization`. */
  readonly token?: string;
  /** Lines without their ends. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A started gateway in its house, with people in it, and a way to speak to it byte by byte. */
export class Stage {
  readonly house: House;
  readonly gateway: RunningGateway;
  readonly olga: Someone;
  readonly gus: Someone;
  readonly sam: Someone;
  readonly aaron: Someone;
  /** Of sam's visit of acme, which may look and change. */
  readonly token: string;

  private constructor(
    rooms: Pick<Stage, 'house' | 'gateway' | 'olga' | 'gus' | 'sam' | 'aaron'>,
    token: string,
  ) {
    this.house = rooms.house;
    this.gateway = rooms.gateway;
    this.olga = rooms.olga;
    this.gus = rooms.gus;
    this.sam = rooms.sam;
    this.aaron = rooms.aaron;
    this.token = token;
  }

  /** Builds a house, opens its gateway, and has olga let sam into acme to look and change. */
  static async set(options: HouseOptions = {}): Promise<Stage> {
    const house = await buildHouse(options);
    const gateway = await openGateway(house);
    const olga = await Someone.signIn(house, 'owners', 'olga');
    const gus = await Someone.signIn(house, 'owners', 'gus');
    const sam = await Someone.signIn(house, 'staff', 'sam');
    const aaron = await Someone.signIn(house, 'staff', 'aaron');
    await olga.allow('acme', { scope: 'write' });
    const { token } = await sam.visit('acme', { scope: 'write' });
    return new Stage({ house, gateway, olga, gus, sam, aaron }, token);
  }

  get hits(): readonly Hit[] {
    return this.house.upstream.hits;
  }

  hostOf(account: string): string {
    return `${account}.accounts.localhost:${this.house.port}`;
  }

  connect(): Promise<RawConnection> {
    return RawConnection.open(this.house.port);
  }

  /** The bytes of a request for acme, unless it says otherwise. */
  text({ method = 'GET', target = '/', host, token, headers = [], body = '' }: RawRequest): string {
    const lines = [
      `${method} ${target} HTTP/1.1`,
      `Host: ${host ?? this.hostOf('acme')}`,
      ...(token === undefined ? [] : [`Proxy-Authorization: Bearer ${token}`]),
      ...headers,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }

  /** One request over a connection of its own. */
  async ask(request: RawRequest): Promise<RawAnswer> {
    return this.askText(this.text(request), request.method);
  }

  async askText(text: string, method?: string): Promise<RawAnswer> {
    const connection = await this.connect();
    try {
      connection.send(text);
      return await connection.answer(method);
    } finally {
      connection.destroy();
    }
  }

  /** Everything in the log, in order, with all that must hold of it and of what the application saw. */
  check(isStopped = false): Promise<readonly AuditRecord[]> {
    const { upstream, databaseFile } = this.house;
    const passage = { hits: upstream.hits, databaseFile, accountHeader: 'X-Account' };
    return checkGateway(passage, { isStopped });
  }

  /** The end of the access with this record, as soon as there is one. */
  async endOf(attempt: number): Promise<AuditRecord> {
    const ends: AuditRecord[] = [];
    await until(`the end of ${attempt}`, async () => {
      const records = await this.check();
      ends.push(...records.filter((one) => one['attempt'] === attempt));
      return ends.length > 0;
    });
    const [end] = ends;
    if (end === undefined) throw new Error(`${attempt} has no end`);
    return end;
  }

  async lastRefusal(): Promise<AuditRecord | undefined> {
    return (await this.check()).findLast(({ event }) => event === 'access.refused');
  }

  /** Stops the gateway, and holds its log to everything. */
  async strike(): Promise<void> {
    await this.gateway.stop(1000);
    try {
      await this.check(true);
    } finally {
      await this.house.close();
    }
  }
}

/** The code of a problem. */
export function codeOf({ body }: RawAnswer): string {
  const { type } = JSON.parse(body.toString()) as { type: string };
  return type.replace(/^.*\//, '');
}
