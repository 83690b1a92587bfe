import type { IncomingMessage, ServerResponse } from 'node:http';
import { EncryptJWT, jwtDecrypt } from 'jose';
import type { Instant } from '../domain/time.ts';
import { clearCookie, nameCookie, onlyCookie, setCookie } from './cookies.ts';
import { deriveKey } from './derived-key.ts';

/**
 * What a sign-in under way must remember, kept by the browser that began it: sealed (encrypted and
 * authenticated), good for ten minutes. Nothing is stored here for somebody who only asks.
 */
export interface SignInCookie {
  /** Seals `content`, which must survive JSON, into the answer. */
  put(response: ServerResponse, content: object): Promise<void>;
  /** What was sealed; `undefined` if there is none, or two, or it is not ours, or it is too old. */
  open(request: IncomingMessage): Promise<unknown>;
  /** Takes it back: a sign-in has one end. */
  clear(response: ServerResponse): void;
}

export interface SignInCookieOptions {
  readonly secret: string;
  readonly scheme: 'http' | 'https';
  readonly now: () => Instant;
}

const LIFETIME_SECONDS = 600;
const ALGORITHMS = { alg: 'dir', enc: 'A256GCM' } as const;

export function createSignInCookie(options: SignInCookieOptions): SignInCookie {
  const cookie = nameCookie('sallyport-signin', options.scheme);
  const key = deriveKey(options.secret, 'sign-in cookie');
  return {
    put: async (response, content) => {
      const value = await seal(key, content, options.now());
      setCookie(response, cookie, { value, maxAgeSeconds: LIFETIME_SECONDS });
    },
    open: async (request) => {
      const value = onlyCookie(request, cookie.name);
      return value === undefined ? undefined : unseal(key, value, options.now());
    },
    clear: (response) => clearCookie(response, cookie),
  };
}

async function seal(key: Uint8Array, content: object, at: Instant): Promise<string> {
  return new EncryptJWT({ content })
    .setProtectedHeader(ALGORITHMS)
    .setExpirationTime(Math.floor(at / 1_000) + LIFETIME_SECONDS)
    .encrypt(key);
}

async function unseal(key: Uint8Array, value: string, at: Instant): Promise<unknown> {
  try {
    const { payload } = await jwtDecrypt(value, key, {
      keyManagementAlgorithms: [ALGORITHMS.alg],
      contentEncryptionAlgorithms: [ALGORITHMS.enc],
      requiredClaims: ['exp'],
      currentDate: new Date(at),
    });
    return payload['content'];
  } catch {
    // Whatever it is, we did not seal it, or not lately: there is no sign-in under way.
    return undefined;
  }
}
