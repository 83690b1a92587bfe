import { decodeEnvelope, KINDS } from '../audit/envelope.ts';
import type { AccountId } from '../domain/ids.ts';
import type { Reader } from '../store/store.ts';
import type { WholeEntry } from '../store/whole-entry.ts';
import { AccountWalk } from './account-walk.ts';
import { Grounds } from './bundle-grounds.ts';
import {
  allTagKeys,
  type BundleBody,
  findAhead,
  inOrder,
  type SharedTagKey,
  type View,
} from './bundle-plan.ts';
import type { Caller } from './control.ts';
import { eachOf, recordOf, withEntriesAt } from './entry-pages.ts';
import { sectionsFor } from './sections.ts';

/** An account, and the key of its tags. */
export interface WholeAccount {
  readonly account: AccountId;
  readonly key: Uint8Array;
}

/** A bundle of an account: all its entries from the first on, and the facts they rest on that carry no account. */
export async function planAccount(
  reader: () => Reader,
  caller: Caller,
  { account, key }: WholeAccount,
  size: number,
): Promise<BundleBody> {
  const walk = new AccountWalk(reader, { account, key, size });
  const ahead = await findAhead(reader, size, account);
  const { facts, ownAhead } = await factsOf(reader, walk, size);
  const extra = inOrder([0, ...facts, ...ahead.indexes], size);
  const all = () => withEntriesAt(reader, walk.pages(), extra);
  return {
    range: { from: 0, to: 0 },
    all,
    selected: all,
    ahead: { ...ahead, indexes: inOrder([...ahead.indexes, ...ownAhead], size) },
    viewOf: (_, kind) => viewFor(caller, kind),
    tagKeys: () => tagKeysFor(reader, caller, () => ({ name: account, key, next: walk.count })),
  };
}

async function factsOf(reader: () => Reader, walk: AccountWalk, size: number) {
  const grounds = new Grounds(reader);
  const ownAhead: number[] = [];
  for await (const whole of eachOf(walk.pages())) {
    grounds.note(recordOf(whole));
    if (isAhead(whole)) ownAhead.push(whole.index);
  }
  const starts = await grounds.startsOfSessions();
  const ends = await grounds.endsOfSessions(starts, size);
  const loads = await grounds.loadsOfPolicies();
  return { facts: [...starts.map(({ index }) => index), ...ends, ...loads], ownAhead };
}

function isAhead({ entry }: WholeEntry): boolean {
  const { kind } = decodeEnvelope(entry);
  return kind === KINDS.erasure || kind === KINDS.hold;
}

/** Why contents are held back from erasure is not the owner's to know. */
function viewFor(caller: Caller, kind: number): View {
  const mayShow = sectionsFor(caller);
  const hidesReason = kind === KINDS.hold && caller.session.principal.realm !== 'staff';
  return (name) => mayShow(name) && !(hidesReason && name === 'reason');
}

async function* tagKeysFor(
  reader: () => Reader,
  caller: Caller,
  own: () => Omit<SharedTagKey, 'whose'>,
): AsyncGenerator<readonly SharedTagKey[], void, void> {
  const { name, ...key } = own();
  yield [{ whose: 'account', name, ...key }];
  if (caller.session.principal.realm !== 'staff') return;
  for await (const page of allTagKeys(reader))
    yield page.filter((other) => other.whose !== 'account' || other.name !== name);
}
