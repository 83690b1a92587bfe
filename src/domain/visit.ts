import type { Access, BasisKind, Scope } from './basis.ts';
import { scopeCovers } from './basis.ts';
import type { AccountId, SessionId, VisitId } from './ids.ts';
import type { Principal } from './principal.ts';
import type { Instant } from './time.ts';

/** One person in one account for one stated purpose. It ends with the sign-in it was opened from. */
export interface Visit {
  readonly id: VisitId;
  readonly account: AccountId;
  readonly principal: Principal;
  readonly session: SessionId;
  /** A visit keeps its kind of basis: it moves between grants, or stays with its one review. */
  readonly kind: BasisKind;
  /** The most this visit may do, however much the grants would allow; `undefined`: whatever they allow. */
  readonly scope: Scope | undefined;
  readonly purpose: string;
  readonly ticket: string | undefined;
  /** The path the visitor wanted. */
  readonly to: string;
  readonly openedAt: Instant;
  /** The end of its sign-in: the longest it can last. */
  readonly expiresAt: Instant;
  readonly closed: { readonly at: Instant; readonly why: VisitEnd } | undefined;
  readonly version: number;
}

/** Why a visit ended. */
export type VisitEnd = 'visitor' | 'owner' | 'admin' | 'signed-out' | 'code-reused';

export function isVisitOpen(visit: Visit): boolean {
  return visit.closed === undefined;
}

export function visitAllows(visit: Visit, access: Access): boolean {
  return visit.scope === undefined || scopeCovers(visit.scope, access);
}

export function closeVisit(visit: Visit, at: Instant, why: VisitEnd): Visit {
  return { ...visit, closed: { at, why }, version: visit.version + 1 };
}
