import { Problem } from '../domain/problem.ts';
import type { Person } from '../domain/principal.ts';
import {
  type AccessRequestId,
  type AccountId,
  type GrantId,
  type HoldId,
  parseUuid,
  type SessionId,
  type VisitId,
} from '../domain/ids.ts';
import { parseAccountId } from '../domain/account-id.ts';
import { parseInput } from '../control/input.ts';
import type { Call } from './endpoint.ts';
import { pageQuery } from './schemas.ts';

/** Somebody as an answer names him. */
export function namePerson(
  person: Person & { readonly name: string | undefined; readonly email: string | undefined },
) {
  const { issuer, subject, name = null, email = null } = person;
  return { issuer, subject, name, email };
}

/** A page of a list as it is answered. */
export function answerPage<Item, Answer>(
  page: { readonly items: readonly Item[]; readonly next: string | undefined },
  describe: (item: Item) => Answer,
): { items: Answer[]; nextCursor: string | null } {
  return { items: page.items.map(describe), nextCursor: page.next ?? null };
}

/** Which part of a list is wanted. `isCursor` knows the cursors this list gives out. Throws `invalid-request`. */
export function readPageWish(
  query: Readonly<Record<string, string>>,
  isCursor: (cursor: string) => boolean,
): { after: string | undefined; limit: number } {
  const { limit, cursor } = parseInput(pageQuery, query);
  if (cursor !== undefined && !isCursor(cursor))
    throw new Problem('invalid-request', 'The cursor is not one of ours.', {
      errors: [{ pointer: '/cursor', detail: 'Use the nextCursor of the page before.' }],
    });
  return { after: cursor, limit };
}

export function isUuid(text: string): boolean {
  return parseUuid(text) !== undefined;
}

export function accountIn({ path }: Call): AccountId | undefined {
  return parseAccountId(path['account']);
}

export function idIn<Id extends GrantId | HoldId | VisitId | SessionId | AccessRequestId>({
  path,
}: Call): Id | undefined {
  return parseUuid<Id>(path['id']);
}
