import { ForgedLog, type ForgedEntry } from './forged-log.ts';
import { KINDS } from '../../audit/envelope.ts';
import { NotApplicable } from './not-applicable.ts';
import type { Manipulation, Scene } from './manipulation.ts';
import { ERASURE_MANIPULATIONS } from './erasure-manipulations.ts';

/** The entry at an index; it is there, since the targets were found in the same log. */
function at(log: ForgedLog, index: number): ForgedEntry {
  const entry = log.entries[index];
  if (entry === undefined) throw new NotApplicable(`there is no entry ${index}`);
  return entry;
}

/** Moves an entry to stand just behind another, which came later, and takes its time. */
function moveBehind(log: ForgedLog, index: number, behind: number): void {
  const [entry] = log.entries.splice(index, 1);
  if (entry === undefined) return;
  log.entries.splice(behind, 0, { ...entry, time: at(log, behind - 1).time });
  renumberAttempts(log, (old) => (old > index && old <= behind ? old - 1 : old));
}

function takeOut(log: ForgedLog, ...indexes: readonly number[]): void {
  for (const index of indexes.toSorted((one, other) => other - one)) {
    log.entries.splice(index, 1);
    renumberAttempts(log, (old) => (old > index ? old - 1 : old));
  }
}

/** Ends name the index of their access: whoever moves entries puts that right too. */
function renumberAttempts(log: ForgedLog, move: (index: number) => number): void {
  for (const entry of log.entries) {
    const { attempt } = ForgedLog.read(entry);
    if (typeof attempt === 'number' && move(attempt) !== attempt)
      ForgedLog.rewrite(entry, 'action', { attempt: move(attempt) });
  }
}

function forging(change: (log: ForgedLog, scene: Scene) => void): Manipulation['apply'] {
  return (scene) => scene.forge((log) => change(log, scene));
}

/** What somebody can do who owns the machine, and signs whatever he likes. */
export const MACHINE_MANIPULATIONS: readonly Manipulation[] = [
  {
    name: 'somebody goes in without a grant',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) => takeOut(log, targets.grant)),
  },
  {
    name: 'the grant is issued after the access it is for',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) => moveBehind(log, targets.grant, targets.access)),
  },
  {
    name: 'the access names a basis that nobody gave',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) =>
      ForgedLog.rewrite(at(log, targets.access), 'subject', {
        basis: { kind: 'grant', id: '00000000-0000-7000-8000-000000000000' },
      }),
    ),
  },
  {
    name: 'the grant comes from one of the staff',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) => {
      const grant = at(log, targets.grant);
      ForgedLog.rewrite(grant, 'actor', targets.visitor);
      grant.actor = at(log, targets.access).actor;
    }),
  },
  {
    name: 'the grant comes from the gateway itself',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) => {
      const grant = at(log, targets.grant);
      const { actor, ...others } = grant.content ?? {};
      if (actor === undefined) throw new NotApplicable('nobody issued the grant');
      grant.content = others;
      ForgedLog.rewrite(grant, 'actor', { realm: 'gateway', subject: 'gateway' });
      grant.actor = undefined;
    }),
  },
  {
    name: 'the grant had expired',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) => {
      const grant = at(log, targets.grant);
      const fact = ForgedLog.read(grant)['grant'] as object;
      ForgedLog.rewrite(grant, 'action', { grant: { ...fact, expiresAt: grant.time + 1 } });
    }),
  },
  {
    name: 'the access is to another account than its grant',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) => {
      const access = at(log, targets.access);
      ForgedLog.rewrite(access, 'subject', { account: targets.otherAccount });
      access.account = targets.otherAccount;
    }),
  },
  {
    name: 'somebody else uses the visit',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) =>
      ForgedLog.rewrite(at(log, targets.access), 'actor', { subject: 'somebody-else' }),
    ),
  },
  {
    name: 'nobody had signed in',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) => takeOut(log, targets.signIn)),
  },
  {
    name: 'the policy is not the one it is called',
    by: 'machine',
    caughtBy: 'authorization',
    apply: forging((log, { targets }) =>
      ForgedLog.rewrite(at(log, targets.policy), 'action', { rules: '' }),
    ),
  },
  {
    name: 'a record is put down to another account',
    by: 'machine',
    caughtBy: 'completeness',
    apply: forging((log, { targets }) => (at(log, targets.access).account = targets.otherAccount)),
  },
  {
    name: 'a record carries nobody’s tag, so that its account does not find it',
    by: 'machine',
    caughtBy: 'completeness',
    apply: forging((log, { targets }) => {
      const access = at(log, targets.access);
      access.account = undefined;
      access.original.accountTag.fill(7);
    }),
  },
  {
    name: 'an access is taken out, and its number left open',
    by: 'machine',
    caughtBy: 'completeness',
    apply: forging((log, { targets }) => {
      log.isRenumbered = false;
      takeOut(log, targets.access, targets.end);
    }),
  },
  {
    name: 'an access gets a second end',
    by: 'machine',
    caughtBy: 'completeness',
    apply: forging((log, { targets }) => {
      const end = at(log, targets.end);
      log.entries.push({ ...end, time: at(log, log.entries.length - 1).time });
    }),
  },
  {
    name: 'an access is dated back',
    by: 'machine',
    caughtBy: 'integrity',
    apply: forging((log, { targets }) => (at(log, targets.access).time -= 86_400_000)),
  },
  {
    name: 'an access is written as something else',
    by: 'machine',
    caughtBy: 'integrity',
    apply: forging((log, { targets }) => (at(log, targets.access).kind = KINDS['log reading'])),
  },
  ...ERASURE_MANIPULATIONS,
  {
    name: 'an access is taken out, everything is numbered anew and signed',
    by: 'machine',
    caughtBy: 'consistency',
    apply: forging((log, { targets }) => takeOut(log, targets.access, targets.end)),
  },
  {
    name: 'the words of an access are changed, and everything is signed anew',
    by: 'machine',
    caughtBy: 'consistency',
    apply: forging((log, { targets }) =>
      ForgedLog.rewrite(at(log, targets.access), 'reason', { purpose: 'something else' }),
    ),
  },
  {
    name: 'a backup from before the last entries is put back',
    by: 'machine',
    caughtBy: 'consistency',
    apply: forging((log) => void log.entries.splice(-2)),
  },
  {
    name: 'the log is forked: another end of the same length is signed',
    by: 'machine',
    caughtBy: 'consistency',
    apply: forging((log) => {
      const last = at(log, log.entries.length - 1);
      last.time += 1;
    }),
  },
];
