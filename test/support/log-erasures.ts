import type { Envelope } from '../../src/audit/envelope.ts';
import type { AuditRecord } from '../../src/audit/record.ts';

/** An entry whose content is not there. */
export interface Absent {
  readonly index: number;
  readonly envelope: Envelope;
  /** As its tag says. */
  readonly account: string | undefined;
}

interface StatedErasure {
  readonly index: number;
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

interface StatedHold {
  readonly placed: number;
  readonly account: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly until: number;
  /** The index from which on it holds no longer. */
  lifted: number;
}

const ERASURE = 19;

/**
 * Judges contents that are not there: each needs a later erasure over its index, at a time that its
 * envelope allows and no hold forbade, and there are as many as the erasures say. Shares no rule with
 * the gateway.
 */
export function checkErasures(
  absent: readonly Absent[],
  envelopes: ReadonlyMap<number, Envelope>,
  records: ReadonlyMap<number, AuditRecord>,
  report: (violation: string) => void,
): void {
  const erasures = [...envelopes].flatMap(([index, envelope]) =>
    envelope.kind === ERASURE ? [statedErasure(index, envelope)] : [],
  );
  const holds = statedHolds([...records.values()]);
  for (const one of absent)
    if (!erasures.some((erasure) => wasAllowed(one, erasure, holds)))
      report(`entry ${one.index}: its content is missing or is not what it commits to`);
  const stated = erasures.reduce((sum, { count }) => sum + count, 0);
  if (stated !== absent.length)
    report(`the erasures say ${stated} contents are gone, and ${absent.length} are`);
}

function statedErasure(index: number, { time, publicPayload }: Envelope): StatedErasure {
  const payload = JSON.parse(new TextDecoder().decode(publicPayload)) as StatedErasure;
  return { ...payload, index, at: time };
}

function statedHolds(records: readonly AuditRecord[]): StatedHold[] {
  const holds = new Map<string, StatedHold>();
  for (const record of records) {
    const { index, event, hold } = record as AuditRecord & { hold: string };
    if (event === 'hold.placed')
      holds.set(hold, {
        ...(record as unknown as StatedHold),
        placed: index,
        lifted: Infinity,
      });
    const lifted = event === 'hold.lifted' ? holds.get(hold) : undefined;
    if (lifted !== undefined) lifted.lifted = index;
  }
  return [...holds.values()];
}

function wasAllowed(
  { index, envelope, account }: Absent,
  erasure: StatedErasure,
  holds: readonly StatedHold[],
): boolean {
  const { retainUntil, time } = envelope;
  const isStated = erasure.index > index && erasure.from <= index && index < erasure.to;
  const isDue = retainUntil !== 0 && retainUntil <= erasure.at;
  const isHeld = holds.some(
    (hold) =>
      hold.placed < erasure.index &&
      erasure.index < hold.lifted &&
      erasure.at < hold.until &&
      hold.from <= time &&
      time < hold.to &&
      (hold.account === undefined || hold.account === account),
  );
  return isStated && isDue && !isHeld;
}
