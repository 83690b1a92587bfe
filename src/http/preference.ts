import type { IncomingMessage } from 'node:http';

/**
 * Whether whoever asks is better served with a page than with JSON: `Accept` (RFC 9110 section
 * 12.5.1) names HTML, and ranks it above any JSON it names. Programs, which say nothing or take
 * anything, get JSON.
 */
export function prefersPage({ headers }: IncomingMessage): boolean {
  const ranges = (headers.accept ?? '').split(',').map(parseRange);
  const rank = (...types: readonly string[]): number =>
    Math.max(0, ...ranges.filter(({ type }) => types.includes(type)).map(({ weight }) => weight));
  const page = rank('text/html', 'application/xhtml+xml');
  return page > 0 && page > rank('application/json', 'application/problem+json');
}

function parseRange(text: string): { type: string; weight: number } {
  const [type = '', ...parameters] = text.toLowerCase().split(';');
  const written = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]);
  const weight = Number(written.find((value) => value !== undefined) ?? 1);
  return { type: type.trim(), weight: Number.isNaN(weight) ? 0 : weight };
}
