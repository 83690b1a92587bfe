import type { Access } from '../domain/basis.ts';
import type { RefusalReason } from '../domain/decision.ts';
import type { RecordedRequest } from '../domain/event.ts';

/** A request that is not let through, with what is known of it for the record. Thrown by the steps of the pipeline. */
export class Refusal extends Error {
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly known: RefusedRequest;

  constructor(reason: RefusalReason, detail: string, known: RefusedRequest = {}) {
    super(`${reason}: ${detail}`);
    this.name = 'Refusal';
    this.reason = reason;
    this.detail = detail;
    this.known = known;
  }
}

export interface RefusedRequest {
  readonly access?: Access;
  readonly request?: RecordedRequest;
  /** The digest of the policy that was asked. */
  readonly policy?: string;
  /** The row that said no, if one did. */
  readonly rule?: string | undefined;
}
