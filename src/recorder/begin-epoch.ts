import type { Account, Change, KnownPerson } from '../domain/change.ts';
import { type AccountRegistered, GATEWAY } from '../domain/event.ts';
import type { LogRecovered } from '../domain/log-event.ts';
import { systemClock } from '../store/clock.ts';
import type { Store } from '../store/store.ts';
import { Recorder } from './recorder.ts';
import type { SignedCheckpoint } from './signed-checkpoint.ts';

/** What a new epoch begins with. */
export interface EpochBeginning {
  readonly origin: string;
  readonly previous: SignedCheckpoint;
  readonly statement: string;
  readonly old:
    | { readonly accounts: readonly Account[]; readonly people: readonly KnownPerson[] }
    | undefined;
}

/** Accounts that are registered by one act. */
const BATCH = 256;

/**
 * Writes the first entries of a new epoch into an empty store: where it comes from, and each account. Grants,
 * visits and sign-ins are not carried over: one that was ended after the backup was made would come back to life.
 */
export async function beginEpoch(store: Store, beginning: EpochBeginning): Promise<void> {
  const { people = [], accounts = [] } = beginning.old ?? {};
  const recorder = new Recorder(store, systemClock, 0);
  const changes = people.map((person): Change => ({ put: 'person', person }));
  await recorder.record([recovered(beginning)], { changes });
  for (let from = 0; from < accounts.length; from += BATCH)
    await registerAgain(recorder, accounts.slice(from, from + BATCH));
  await recorder.close();
}

function recovered({ origin, previous, statement }: EpochBeginning): LogRecovered {
  return {
    event: 'log.recovered',
    actor: GATEWAY,
    origin,
    format: 'sallyport-log/v1',
    previous: new TextDecoder().decode(previous.note),
    statement,
  };
}

async function registerAgain(recorder: Recorder, accounts: readonly Account[]): Promise<void> {
  const [first, ...rest] = accounts.map(registered);
  if (first === undefined) return;
  const changes = accounts.map((account): Change => ({ put: 'account', account }));
  await recorder.record([first, ...rest], { changes });
}

function registered({ id, name }: Account): AccountRegistered {
  const named = name === undefined ? {} : { name };
  return { event: 'account.registered', actor: GATEWAY, account: id, ...named };
}
