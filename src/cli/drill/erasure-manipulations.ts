import { canonicalText } from '../../audit/canonical.ts';
import { type Envelope, KINDS } from '../../audit/envelope.ts';
import type { ForgedEntry, ForgedLog } from './forged-log.ts';
import type { Manipulation } from './manipulation.ts';

/** Erasures that were not to be. */
export const ERASURE_MANIPULATIONS: readonly Manipulation[] = [
  {
    name: 'a content is erased, and no entry tells of it',
    by: 'machine',
    caughtBy: 'retention',
    apply: ({ forge, targets }) => forge((log) => forget(log, targets.access)),
  },
  {
    name: 'a content is erased before its time was over, and an entry says that it was by rule',
    by: 'machine',
    caughtBy: 'retention',
    apply: ({ forge, targets }) =>
      forge((log) => {
        forget(log, targets.access);
        log.entries.push(erasureOf(log, targets.access));
      }),
  },
];

function forget(log: ForgedLog, index: number): void {
  const entry = log.entries[index];
  if (entry === undefined) return;
  // What was committed to stays in the entry: an unchanged one has it already.
  entry.content = undefined;
}

function erasureOf(log: ForgedLog, index: number): ForgedEntry {
  const time = log.entries.at(-1)?.time ?? 0;
  const said = { count: 1, event: 'retention.erased', from: index, policy: '365d', to: index + 1 };
  const publicPayload = Buffer.from(canonicalText(said));
  const original: Envelope = {
    kind: KINDS.erasure,
    isClockClamped: false,
    time,
    retainUntil: 0,
    commitment: new Uint8Array(32),
    accountTag: new Uint8Array(16),
    actorTag: new Uint8Array(16),
    publicPayload,
  };
  return {
    kind: KINDS.erasure,
    time,
    retainUntil: 0,
    content: undefined,
    publicPayload,
    account: undefined,
    actor: undefined,
    original,
  };
}
