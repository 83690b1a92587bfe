import { z } from 'zod';
import { type FieldError, Problem } from '../domain/problem.ts';
import type { AccountId } from '../domain/ids.ts';
import type { SignedCheckpoint } from '../recorder/signed-checkpoint.ts';
import type { StoredCheckpoint } from '../store/store.ts';
import { planAccount, type WholeAccount } from './bundle-account.ts';
import { bundleMembers } from './bundle-members.ts';
import { planWhole } from './bundle-whole.ts';
import { reachAccount } from './accounts.ts';
import type { Caller, Control } from './control.ts';
import { recordExport } from './exports.ts';
import type { Handout } from './handout.ts';
import { accountInput, instantInput, parseInput, sizeInput } from './input.ts';
import { describeQuery, readableAccount, recordQueryInput } from './records.ts';
import { zipMembers } from './zip-stream.ts';

/** A bundle is of an account or of a time. */
export const bundleInput = z.strictObject({
  account: accountInput.optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  since: sizeInput
    .optional()
    .meta({ description: 'A size of the log: proves that it has only grown since then.' }),
});
type BundleWish = z.infer<typeof bundleInput>;

/**
 * Hands out everything that is needed to verify a part of the log offline: an account's, or for an auditor all
 * of it or what happened in some time. That it was done is recorded before the first byte. Throws
 * `not-permitted`, `unknown-account`, `not-found`, `invalid-request`, `log-unavailable`.
 */
export async function takeBundle(
  control: Control,
  caller: Caller,
  input: Readonly<Record<string, unknown>>,
): Promise<Handout> {
  const wish = readWish(input);
  const account = await readableAccount(control, caller, wish.account);
  const whose = account && (await findWhose(control, caller, account, wish));
  const { recorder, evidence } = control;
  const checkpoint = await evidence.checkpointOver();
  const since = await findSince(control, wish.since, checkpoint);
  const { size } = checkpoint;
  const query = describeQuery(input);
  await recordExport(control, caller, { account, query, format: 'bundle', size });
  await recorder.catchUpSearch();
  const reader = () => recorder.reader;
  const { from, to } = wish;
  const body =
    whose === undefined
      ? await planWhole(reader, { from, to }, size)
      : await planAccount(reader, caller, whose, size);
  const prover = evidence.proverOf(checkpoint);
  const sources = { reader, prover, verifierKeys: evidence.verifierKeys() };
  return {
    mediaType: 'application/zip',
    fileName: `sallyport-bundle-${account ?? 'log'}-${size}.zip`,
    chunks: zipMembers(bundleMembers({ ...body, checkpoint, since, query }, sources)),
  };
}

function readWish(input: Readonly<Record<string, unknown>>): BundleWish {
  const filters = Object.keys(input).filter(
    (name) =>
      Object.hasOwn(recordQueryInput.shape, name) && !Object.hasOwn(bundleInput.shape, name),
  );
  if (filters.length > 0) throw narrower(filters);
  const wish = parseInput(bundleInput, input);
  if (wish.from !== undefined && wish.to !== undefined && wish.to <= wish.from)
    throw invalid(['to'], 'This is not after from.');
  return wish;
}

/** The account's completeness is proved by all its entries, never by some. */
async function findWhose(
  control: Control,
  caller: Caller,
  account: AccountId,
  { from, to }: BundleWish,
): Promise<WholeAccount> {
  const times = Object.entries({ from, to }).filter(([, time]) => time !== undefined);
  if (times.length > 0) throw narrower(times.map(([name]) => name));
  await reachAccount(control, caller, account);
  const key = await control.recorder.reader.tagKey('account', account);
  if (key === undefined)
    throw new Problem('not-found', 'This account has no entry in the log yet.');
  return { account, key: key.key };
}

async function findSince(
  { evidence }: Control,
  wanted: number | undefined,
  { size }: SignedCheckpoint,
): Promise<StoredCheckpoint | undefined> {
  if (wanted === undefined) return undefined;
  const since = await evidence.earlierCheckpoint(Math.min(wanted, size));
  if (since === undefined) throw invalid(['since'], 'No log of at most this size was ever signed.');
  return since;
}

function narrower(names: readonly string[]): Problem {
  return invalid(names, 'A bundle is of an account or of a time; it cannot be narrowed by this.');
}

function invalid(names: readonly string[], detail: string): Problem {
  const errors = names.map((name): FieldError => ({ pointer: `/${name}`, detail }));
  return new Problem('invalid-request', 'This bundle cannot be made.', { errors });
}
