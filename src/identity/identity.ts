import type { Principal } from '../domain/principal.ts';
import type { Instant } from '../domain/time.ts';

/**
 * Somebody who has just proved at a realm's provider who they are. Issuer and subject are the
 * person; everything else is what the provider says about them today.
 */
export interface Identity extends Principal {
  /** The ID token as it came, for `id_token_hint` at sign-out. A secret of the session. */
  readonly idToken: string;
  /** When the provider last saw proof (`auth_time`), if it says so. */
  readonly authTime: Instant | undefined;
}
