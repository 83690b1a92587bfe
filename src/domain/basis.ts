import type { GrantId, ReviewId } from './ids.ts';

/** What allows an access: an owner's grant or a compliance review. */
export type Basis =
  | { readonly kind: 'grant'; readonly id: GrantId }
  | { readonly kind: 'review'; readonly id: ReviewId };

export type BasisKind = Basis['kind'];

/** `write` includes `read`. */
export type Scope = 'read' | 'write';

/** What a request does inside the account. */
export type Access = 'read' | 'write';

export function scopeCovers(scope: Scope, access: Access): boolean {
  return scope === 'write' || access === 'read';
}
