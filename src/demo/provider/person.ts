/** Somebody who can sign in at the development provider. */
export interface Person {
  /** Stable and unique within the realm; the `sub` claim. */
  readonly subject: string;
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
  /** What else the ID token says, for instance `groups` or `owned_accounts`. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** One line for the sign-in page: who this is and what they can do. */
  readonly says: string;
}

/** An application that sends people here to sign in. */
export interface ProviderClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly backchannelLogoutUri?: string;
}

/** Whose identity provider it plays. */
export type Realm = 'staff' | 'owners';
