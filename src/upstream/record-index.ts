import type { IncomingMessage } from 'node:http';

/**
 * The index of this access in the gateway's log, from the `Sallyport-Record` header. For show: unlike
 * the assertion it is not signed.
 */
export function recordIndexOf(request: IncomingMessage): number | undefined {
  const [index, ...more] = request.headersDistinct['sallyport-record'] ?? [];
  if (index === undefined || more.length > 0 || !/^\d{1,15}$/.test(index)) return undefined;
  return Number(index);
}
