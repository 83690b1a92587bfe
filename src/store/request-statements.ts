import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';
import { arg, args } from './statements.ts';

/** What the writer runs for access requests. */
export function buildRequestStatements(db: Kysely<Schema>) {
  return {
    accessRequest: db
      .selectFrom('access_requests')
      .select('body')
      .where('id', '=', arg<string>('id'))
      .compile(),
    pendingRequest: db
      .selectFrom('access_requests')
      .select('id')
      .where('account', '=', arg<string>('account'))
      .where('issuer', '=', arg<string>('issuer'))
      .where('subject', '=', arg<string>('subject'))
      .where('ended_as', 'is', null)
      .where('expires_at', '>', arg<number>('at'))
      .compile(),
    putAccessRequest: db
      .insertInto('access_requests')
      .values(
        args(['id', 'account', 'issuer', 'subject', 'expires_at', 'ended_as', 'body'] as const),
      )
      .onConflict((clash) => clash.column('id').doUpdateSet(args(['ended_as', 'body'])))
      .compile(),
    deleteAccessRequest: db
      .deleteFrom('access_requests')
      .where('id', '=', arg<string>('request'))
      .compile(),
  };
}

export type RequestStatements = ReturnType<typeof buildRequestStatements>;
