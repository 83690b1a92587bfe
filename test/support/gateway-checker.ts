import { decodeJwt } from 'jose';
import type { AuditRecord } from '../../src/audit/record.ts';
import { checkLog, type LogExpectation } from './log-checker.ts';
import type { Hit } from './lenient-upstream.ts';

/** What an application saw, and the log it must agree with. */
export interface Passage {
  readonly hits: readonly Hit[];
  readonly databaseFile: string;
  /** The header that tells the application the account. */
  readonly accountHeader: string;
}

/** A header by which a test says what came over one connection, in order. */
export const CONNECTION_HEADER = 'X-Connection';

const ONCE = ['host', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded'];
const OURS = ['sallyport-record', 'sallyport-assertion', ...ONCE];
const SECRET = /sp[vck]_[A-Za-z0-9_-]{43}/;

/**
 * Holds that whatever reached the application had been recorded as attempted, each once, with the
 * same method and path, in the order of its connection; that it carried exactly our identity headers
 * and no credential of ours; and that whatever was let through and did not arrive has an end that
 * says so. Throws with all violations, one a line.
 */
export async function checkGateway(
  passage: Passage,
  expectation: LogExpectation = {},
): Promise<readonly AuditRecord[]> {
  const { records } = await checkLog(passage.databaseFile, expectation);
  const attempts = new Map(
    records.filter(({ event }) => event === 'access.attempted').map((one) => [one.index, one]),
  );
  const violations = [
    ...passage.hits.flatMap((hit) => judgeHit(hit, attempts, passage.accountHeader)),
    ...judgeOrder(passage.hits),
    ...judgeUnsent(passage.hits, attempts, records),
  ];
  if (violations.length > 0)
    throw new Error(`${violations.length} violations:\n${violations.join('\n')}`);
  return records;
}

function judgeHit(
  hit: Hit,
  attempts: ReadonlyMap<number, AuditRecord>,
  accountHeader: string,
): string[] {
  const name = `${hit.method} ${hit.target}`;
  const attempt = attempts.get(indexOf(hit));
  if (attempt === undefined) return [`${name} arrived without an attempt in the log`];
  return [
    ...judgeRequest(hit, attempt),
    ...judgeHeaders(hit, accountHeader),
    ...judgeAssertion(hit, attempt, accountHeader),
  ].map((what) => `${name} (record ${attempt.index}): ${what}`);
}

function judgeRequest(hit: Hit, attempt: AuditRecord): string[] {
  const { method, path } = attempt['request'] as { method: string; path: string };
  const sent = (hit.target.split('?', 1)[0] ?? '').split('/');
  const recorded = path.split('/');
  const isSame =
    sent.length === recorded.length &&
    recorded.every((segment, at) => segment === '{secret}' || segment === sent[at]);
  return isSame && hit.method === method ? [] : [`recorded as ${method} ${path}`];
}

function judgeHeaders(hit: Hit, accountHeader: string): string[] {
  const account = accountHeader.toLowerCase();
  const names = hit.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const once = [...OURS, account].filter(
    (own) => names.filter((name) => name === own).length !== 1,
  );
  const alike = names.filter((name) => {
    const spelled = name.replaceAll(/[^a-z0-9]/g, '-');
    const isAlike = /^(?:sallyport|x-forwarded|forwarded|proxy-auth)/.test(spelled);
    return (isAlike || spelled === account) && ![...OURS, account].includes(name);
  });
  const secrets = hit.rawHeaders.filter(
    (text, at) => SECRET.test(text) || (at % 2 === 1 && /(?:^|[\s;])=?sallyport[^;]*=/.test(text)),
  );
  return [
    ...once.map((own) => `has not one ${own}`),
    ...alike.map((own) => `has ${own}`),
    ...secrets.map((text) => `has a credential of ours: ${text}`),
  ];
}

function judgeAssertion(hit: Hit, attempt: AuditRecord, accountHeader: string): string[] {
  const said = decodeJwt(valuesOf(hit, 'sallyport-assertion')[0] ?? '');
  const actor = attempt['actor'] as { subject: string };
  const basis = attempt['basis'] as { kind: string; id: string };
  const told = valuesOf(hit, accountHeader)[0];
  const pairs: [string, unknown, unknown][] = [
    ['account', said['account'], attempt['account']],
    ['account header', told, attempt['account']],
    ['subject', said.sub, actor.subject],
    ['visit', said['visit'], attempt['visit']],
    ['basis', (said['basis'] as { id?: string }).id, basis.id],
  ];
  return pairs
    .filter(([, one, other]) => one !== other)
    .map(
      ([what, one, other]) => `asserts the ${what} ${String(one)}, recorded is ${String(other)}`,
    );
}

/** Each attempt is sent once, and those of one connection in their order. */
function judgeOrder(hits: readonly Hit[]): string[] {
  const seen = new Set<number>();
  const last = new Map<string, number>();
  return hits.flatMap((hit) => {
    const index = indexOf(hit);
    const [connection] = valuesOf(hit, CONNECTION_HEADER);
    const earlier = connection === undefined ? -1 : (last.get(connection) ?? -1);
    if (connection !== undefined) last.set(connection, index);
    const isSecond = seen.has(index);
    seen.add(index);
    return [
      ...(isSecond ? [`record ${index} was sent twice`] : []),
      ...(index < earlier ? [`record ${index} was sent after ${earlier}`] : []),
    ];
  });
}

/** An attempt that never arrived was cut, or failed, or is under way. */
function judgeUnsent(
  hits: readonly Hit[],
  attempts: ReadonlyMap<number, AuditRecord>,
  records: readonly AuditRecord[],
): string[] {
  const arrived = new Set(hits.map(indexOf));
  const ends = new Map(
    records
      .filter(({ event }) => event === 'access.finished')
      .map((end) => [end['attempt'] as number, end]),
  );
  return [...attempts.keys()].flatMap((index) => {
    const end = ends.get(index);
    if (arrived.has(index) || end === undefined || end['cut'] !== undefined) return [];
    return [`record ${index} never arrived, and its end says nothing of it`];
  });
}

function indexOf(hit: Hit): number {
  const [index = '', ...more] = valuesOf(hit, 'sallyport-record');
  return more.length === 0 && /^\d+$/.test(index) ? Number(index) : -1;
}

function valuesOf(hit: Hit, name: string): string[] {
  return hit.rawHeaders.filter(
    (_, at) => at % 2 === 1 && hit.rawHeaders[at - 1]?.toLowerCase() === name.toLowerCase(),
  );
}
