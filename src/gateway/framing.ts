import type { IncomingMessage } from 'node:http';
import { headerValues } from './credentials.ts';

/**
 * Whether everybody reads the same body (RFC 9112 section 6). Node's parser has refused broken and
 * double lengths, but it lets codings through that it does not undo: only a single `chunked` may be.
 */
export function isPlainlyFramed(message: IncomingMessage): boolean {
  const [coding, ...others] = headerValues(message, 'transfer-encoding');
  return coding === undefined || (others.length === 0 && coding.toLowerCase() === 'chunked');
}
