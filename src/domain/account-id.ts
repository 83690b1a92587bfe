declare const accountIdBrand: unique symbol;

/**
 * The name of a customer's account. It is also one DNS label (RFC 1035 section 2.3.1, digits may come
 * first): each account has an origin of its own. Only `parseAccountId` makes one.
 */
export type AccountId = string & { readonly [accountIdBrand]: true };

/** The pattern of an account id as the source of a regular expression, without anchors. */
export const ACCOUNT_ID = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

const WHOLE_ACCOUNT_ID = new RegExp(`^${ACCOUNT_ID}$`);

/** Reads an account id. Nothing is repaired: upper case, spaces or anything but text are `undefined`. */
export function parseAccountId(text: unknown): AccountId | undefined {
  return typeof text === 'string' && WHOLE_ACCOUNT_ID.test(text) ? (text as AccountId) : undefined;
}
