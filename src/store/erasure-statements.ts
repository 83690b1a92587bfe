import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';
import { arg, args } from './statements.ts';

/** What the writer runs to erase contents and whatever else has their words, and to keep holds. */
export function buildErasureStatements(db: Kysely<Schema>) {
  const index = arg<number>('idx');
  return {
    content: db.selectFrom('contents').selectAll().where('idx', '=', index).compile(),
    deleteContent: db.deleteFrom('contents').where('idx', '=', index).compile(),
    deleteSearchRow: db.deleteFrom('search').where('idx', '=', index).compile(),
    insertErasure: db
      .insertInto('erasures')
      .values(args(['idx', 'from_idx', 'to_idx'] as const))
      .compile(),

    deleteVisitKeys: db
      .deleteFrom('visit_keys')
      .where('visit', '=', arg<string>('visit'))
      .compile(),
    deleteVisit: db.deleteFrom('visits').where('id', '=', arg<string>('visit')).compile(),
    deleteSession: db.deleteFrom('sessions').where('id', '=', arg<string>('session')).compile(),
    /** A grant that has ended, once nothing in the log says any more that it was issued. */
    deleteEndedGrant: db
      .deleteFrom('grants')
      .where('id', '=', arg<string>('grant'))
      .where((row) =>
        row.or([row('expires_at', '<=', arg<number>('at')), row('revoked_at', 'is not', null)]),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('search')
              .select('idx')
              .where('basis_id', '=', arg<string>('grant'))
              .where('event', '=', 'grant.issued'),
          ),
        ),
      )
      .compile(),
    deleteAgreement: db
      .deleteFrom('agreements')
      .where('issuer', '=', arg<string>('issuer'))
      .where('subject', '=', arg<string>('subject'))
      .where('version', '=', arg<string>('version'))
      .compile(),

    countErased: db
      .updateTable('tag_keys')
      .set((row) => ({ erased: row('erased', '+', 1) }))
      .where('whose', '=', 'actor')
      .where('name', '=', arg<string>('name'))
      .compile(),
    hasNothingLeft: db
      .selectFrom('tag_keys')
      .select('name')
      .where('whose', '=', 'actor')
      .where('name', '=', arg<string>('name'))
      .whereRef('erased', '=', 'next')
      .compile(),
    renameActor: db
      .updateTable('tag_keys')
      .set({ name: arg<string>('pseudonym') })
      .where('whose', '=', 'actor')
      .where('name', '=', arg<string>('name'))
      .compile(),
    deletePerson: db
      .deleteFrom('people')
      .where('issuer', '=', arg<string>('issuer'))
      .where('subject', '=', arg<string>('subject'))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('sessions')
              .select('id')
              .where('issuer', '=', arg<string>('issuer'))
              .where('subject', '=', arg<string>('subject'))
              .where('ended_at', 'is', null)
              .where('expires_at', '>', arg<number>('at')),
          ),
        ),
      )
      .compile(),

    isContentKept: db.selectFrom('contents').select('idx').where('idx', '=', index).compile(),
    insertHold: db
      .insertInto('holds')
      .values(args(['id', 'account', 'from_at', 'to_at', 'until_at', 'lifted_at', 'body'] as const))
      .compile(),
    setHoldLifted: db
      .updateTable('holds')
      .set(args(['lifted_at', 'body']))
      .where('id', '=', arg<string>('id'))
      .compile(),
    deleteHold: db.deleteFrom('holds').where('id', '=', arg<string>('hold')).compile(),
    hold: db.selectFrom('holds').select('lifted_at').where('id', '=', arg<string>('id')).compile(),
    holdState: db.selectFrom('hold_state').select('version').where('id', '=', 1).compile(),
    countHoldAct: db
      .updateTable('hold_state')
      .set((row) => ({ version: row('version', '+', 1) }))
      .where('id', '=', 1)
      .compile(),
  };
}

export type ErasureStatements = ReturnType<typeof buildErasureStatements>;
