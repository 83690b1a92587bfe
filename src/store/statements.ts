import { type Kysely, type RawBuilder, sql } from 'kysely';
import { SESSION_COLUMNS } from './rows.ts';
import type { Schema } from './schema.ts';

/** A place in a statement that is filled in at each run. */
class Argument {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** `undefined` would be written as NULL by one driver and refused by another: rows say `null`. */
export type SqlValue = string | number | Uint8Array | null;

export function arg<Value extends SqlValue>(name: string): RawBuilder<Value> {
  return sql<Value>`${new Argument(name)}`;
}

export function args<Name extends string>(
  names: readonly Name[],
): { [name in Name]: RawBuilder<never> } {
  const entries = names.map((name) => [name, arg<never>(name)] as const);
  return Object.fromEntries(entries) as { [name in Name]: RawBuilder<never> };
}

/**
 * The writer's statements, built once by the query builder in the dialect of the engine it is given,
 * and then only run: building one costs more than running it.
 */
export function buildStatements(db: Kysely<Schema>) {
  const put = <Table extends keyof Schema>(
    table: Table,
    columns: readonly (keyof Schema[Table] & string)[],
  ) => db.insertInto(table).values(args(columns) as never);
  return {
    logState: db.selectFrom('log_state').selectAll().where('id', '=', 1).compile(),
    setLogState: db
      .updateTable('log_state')
      .set(args(['size', 'edge', 'last_time']))
      .where('id', '=', 1)
      .compile(),
    insertEntry: put('entries', ['idx', 'entry', 'leaf']).compile(),
    insertContent: put('contents', [
      'idx',
      'action',
      'actor',
      'net',
      'reason',
      'subject',
      'salts',
    ]).compile(),
    leafAt: db.selectFrom('entries').select('leaf').where('idx', '=', arg<number>('idx')).compile(),
    insertSubtree: put('subtrees', ['level', 'position', 'hash']).compile(),
    tagKey: db
      .selectFrom('tag_keys')
      .select(['key', 'next'])
      .where('whose', '=', arg<'account' | 'actor'>('whose'))
      .where('name', '=', arg<string>('name'))
      .compile(),
    insertTagKey: put('tag_keys', ['whose', 'name', 'key', 'next']).compile(),
    setNextTag: db
      .updateTable('tag_keys')
      .set(args(['next']))
      .where('whose', '=', arg<'account' | 'actor'>('whose'))
      .where('name', '=', arg<string>('name'))
      .compile(),

    session: db
      .selectFrom('sessions')
      .select(SESSION_COLUMNS)
      .where('id', '=', arg<string>('id'))
      .compile(),
    visit: db.selectFrom('visits').select('body').where('id', '=', arg<string>('id')).compile(),
    grant: db.selectFrom('grants').select('body').where('id', '=', arg<string>('id')).compile(),
    account: db.selectFrom('accounts').select('id').where('id', '=', arg<string>('id')).compile(),
    usedKey: db
      .selectFrom('used_keys')
      .select('key')
      .where('key', '=', arg<string>('key'))
      .where('expires_at', '>', arg<number>('at'))
      .compile(),

    putAccount: put('accounts', ['id', 'name', 'registered_at'])
      .onConflict((clash) => clash.column('id').doUpdateSet(args(['name'])))
      .compile(),
    putPerson: put('people', [
      'issuer',
      'subject',
      'realm',
      'name',
      'email',
      'verified_email',
      'last_sign_in_at',
    ])
      .onConflict((clash) =>
        clash
          .columns(['issuer', 'subject'])
          .doUpdateSet(args(['name', 'email', 'verified_email', 'last_sign_in_at'])),
      )
      .compile(),
    putSession: put('sessions', [
      ...SESSION_COLUMNS,
      'secret',
      'issuer',
      'subject',
      'id_token',
    ]).compile(),
    endSession: db
      .updateTable('sessions')
      .set({ ended_at: arg<number>('at'), data: null, id_token: null })
      .where('id', '=', arg<string>('id'))
      .where('ended_at', 'is', null)
      .compile(),
    saveSessionData: db
      .updateTable('sessions')
      .set(args(['data']))
      .where('secret', '=', arg<string>('secret'))
      .where('ended_at', 'is', null)
      .compile(),
    stampSession: db
      .updateTable('sessions')
      .set({ last_seen_at: arg<number>('at') })
      .where('id', '=', arg<string>('id'))
      .where('last_seen_at', '<', arg<number>('at'))
      // A stamp that comes late cannot wake a sign-in that has idled out.
      .where('ended_at', 'is', null)
      .where(
        (row) =>
          sql<boolean>`${row.ref('last_seen_at')} + ${row.ref('idle_ms')} > ${arg<number>('at')}`,
      )
      .compile(),
    putGrant: put('grants', [
      'id',
      'account',
      'grantee_role',
      'grantee_issuer',
      'grantee_subject',
      'grantee_email',
      'expires_at',
      'revoked_at',
      'body',
    ])
      .onConflict((clash) =>
        clash
          .column('id')
          .doUpdateSet(
            args([
              'grantee_issuer',
              'grantee_subject',
              'grantee_email',
              'expires_at',
              'revoked_at',
              'body',
            ]),
          ),
      )
      .compile(),
    putVisit: put('visits', ['id', 'account', 'issuer', 'subject', 'session', 'closed_at', 'body'])
      .onConflict((clash) => clash.column('id').doUpdateSet(args(['closed_at', 'body'])))
      .compile(),
    putVisitKey: put('visit_keys', ['hash', 'visit', 'use', 'expires_at', 'used_at']).compile(),
    visitKey: db
      .selectFrom('visit_keys')
      .select(['visit', 'expires_at', 'used_at'])
      .where('hash', '=', arg<string>('hash'))
      .where('use', '=', 'code')
      .compile(),
    markVisitKeyUsed: db
      .updateTable('visit_keys')
      .set({ used_at: arg<number>('at') })
      .where('hash', '=', arg<string>('hash'))
      .compile(),
    putAgreement: put('agreements', ['issuer', 'subject', 'version'])
      .onConflict((clash) => clash.columns(['issuer', 'subject', 'version']).doNothing())
      .compile(),
    putUsedKey: put('used_keys', ['key', 'body_digest', 'made', 'expires_at'])
      .onConflict((clash) =>
        clash.column('key').doUpdateSet(args(['body_digest', 'made', 'expires_at'])),
      )
      .compile(),
    openAttempt: put('open_attempts', ['idx', 'instance', 'account']).compile(),
    attempt: db
      .selectFrom('open_attempts')
      .select('idx')
      .where('idx', '=', arg<number>('idx'))
      .compile(),
    closeAttempt: db.deleteFrom('open_attempts').where('idx', '=', arg<number>('idx')).compile(),
    checkpointSize: db
      .selectFrom('checkpoints')
      .select('size')
      .orderBy('size', 'desc')
      .limit(1)
      .compile(),
    insertCheckpoint: put('checkpoints', ['size', 'note', 'published_at']).compile(),
    insertCosignature: put('cosignatures', ['size', 'line'])
      .onConflict((clash) => clash.doNothing())
      .compile(),
    publishKey: put('published_keys', ['kid', 'jwk', 'expires_at'])
      .onConflict((clash) => clash.column('kid').doUpdateSet(args(['expires_at'])))
      .compile(),

    searchState: db.selectFrom('search_state').select('up_to').where('id', '=', 1).compile(),
    setSearchState: db
      .updateTable('search_state')
      .set(args(['up_to']))
      .where('id', '=', 1)
      .compile(),
    insertSearchRow: put('search', [
      'idx',
      'at',
      'event',
      'account',
      'actor',
      'actor_email',
      'basis_kind',
      'basis_id',
      'visit',
      'method',
      'path',
      'status',
    ]).compile(),

    sweepSessions: db
      .deleteFrom('sessions')
      .where('expires_at', '<', arg<number>('before'))
      .compile(),
    sweepVisitKeys: db
      .deleteFrom('visit_keys')
      .where('expires_at', '<', arg<number>('before'))
      .compile(),
    sweepUsedKeys: db
      .deleteFrom('used_keys')
      .where('expires_at', '<', arg<number>('before'))
      .compile(),
    sweepPublishedKeys: db
      .deleteFrom('published_keys')
      .where('expires_at', '<', arg<number>('before'))
      .compile(),
  };
}

export type Statements = ReturnType<typeof buildStatements>;

/** The values of a statement's places, in order. Throws a TypeError for one that was not given. */
export function bindArguments(
  parameters: readonly unknown[],
  values: Readonly<Record<string, SqlValue>>,
): SqlValue[] {
  return parameters.map((parameter) => {
    if (!(parameter instanceof Argument)) return parameter as SqlValue;
    const value = values[parameter.name];
    if (value === undefined) throw new TypeError(`the statement wants ${parameter.name}`);
    return value;
  });
}
