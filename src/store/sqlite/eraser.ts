import { randomUUID } from 'node:crypto';
import { actorKey } from '../../audit/entry.ts';
import { type AuditRecord, readRecord } from '../../audit/record.ts';
import type { Change } from '../../domain/change.ts';
import type { Actor } from '../../domain/event.ts';
import type { Instant } from '../../domain/time.ts';
import type { ErasureStatements } from '../erasure-statements.ts';
import type { RequestStatements } from '../request-statements.ts';
import type { Statements } from '../statements.ts';
import { ChangeRefused } from './changes.ts';
import type { Runner } from './database.ts';
import { sweep } from './housekeeping.ts';

type Erasing = Extract<Change, { erase: 'contents' }>;
type EraserStatements = ErasureStatements & RequestStatements & Statements;

/**
 * Takes contents away, inside the transaction that appends the entry which says so, and with each the
 * rows that have its words: no table knows them any longer than the log does.
 */
export class Eraser {
  readonly #run: Runner;
  readonly #sql: EraserStatements;

  constructor(run: Runner, sql: EraserStatements) {
    this.#run = run;
    this.#sql = sql;
  }

  /** `erasureIndex` is where the entry will stand. The schema refuses a content whose time is not over. */
  erase({ indexes }: Erasing, erasureIndex: number, at: Instant): void {
    for (const idx of indexes) this.#eraseContent(idx, at);
    this.#run.run(this.#sql.insertErasure, {
      idx: erasureIndex,
      from_idx: Math.min(...indexes),
      to_idx: Math.max(...indexes) + 1,
    });
    sweep(this.#run, this.#sql, at);
  }

  #eraseContent(idx: number, at: Instant): void {
    const record = this.#readRecord(idx);
    this.#run.run(this.#sql.deleteContent, { idx });
    this.#run.run(this.#sql.deleteSearchRow, { idx });
    this.#deleteThing(record, at);
    this.#forgetActor(record['actor'], at);
  }

  #readRecord(idx: number): AuditRecord {
    const row = this.#run.get(this.#sql.content, { idx });
    if (row === undefined) throw new ChangeRefused(`entry ${idx} has no content to erase`);
    return readRecord(
      { index: idx, time: 0, publicPayload: undefined },
      {
        action: row.action ?? undefined,
        actor: row.actor ?? undefined,
        subject: row.subject ?? undefined,
      },
    );
  }

  /** What an entry began has ended long ago: retention begins where it ends. */
  #deleteThing(record: AuditRecord, at: Instant): void {
    switch (record.event) {
      case 'visit.opened': {
        const visit = textOf(record['visit']);
        this.#run.run(this.#sql.deleteVisitKeys, { visit });
        this.#run.run(this.#sql.deleteVisit, { visit });
        return;
      }
      case 'grant.issued':
      case 'grant.changed':
      case 'grant.revoked':
        this.#run.run(this.#sql.deleteEndedGrant, { grant: idOf(record['basis']), at });
        return;
      // Whichever of its entries goes first: the row has the words of all of them.
      case 'access-request.submitted':
      case 'access-request.approved':
      case 'access-request.denied':
      case 'access-request.withdrawn':
        this.#run.run(this.#sql.deleteAccessRequest, { request: textOf(record['accessRequest']) });
        return;
      case 'session.started':
        this.#run.run(this.#sql.deleteSession, { session: textOf(record['session']) });
        return;
      case 'agreement.accepted':
        this.#run.run(this.#sql.deleteAgreement, {
          ...personOf(record['actor']),
          version: textOf(record['version']),
        });
        return;
      case 'hold.placed':
        this.#run.run(this.#sql.deleteHold, { hold: textOf(record['hold']) });
    }
  }

  /** With the last of somebody's contents his name goes; the key stays, so that his tags can be checked. */
  #forgetActor(actor: unknown, at: Instant): void {
    const name = isActor(actor) ? actorKey(actor) : undefined;
    if (name === undefined) return;
    this.#run.run(this.#sql.countErased, { name });
    if (this.#run.get(this.#sql.hasNothingLeft, { name }) === undefined) return;
    this.#run.run(this.#sql.renameActor, { name, pseudonym: `forgotten ${randomUUID()}` });
    this.#run.run(this.#sql.deletePerson, { ...personOf(actor), at });
  }
}

function isActor(value: unknown): value is Actor {
  return typeof value === 'object' && value !== null && 'realm' in value && 'subject' in value;
}

function personOf(actor: unknown): { issuer: string; subject: string } {
  if (!isActor(actor)) return { issuer: '', subject: '' };
  return { issuer: actor.issuer ?? '', subject: actor.subject };
}

function idOf(basis: unknown): string {
  return typeof basis === 'object' && basis !== null && 'id' in basis ? textOf(basis.id) : '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
