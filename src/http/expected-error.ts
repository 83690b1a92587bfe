import { Problem } from '../domain/problem.ts';

/**
 * The problem that an error stands for, if it is an expected one: a problem itself, or what Express
 * and its body parsers throw at a request they cannot read. Everything else is a fault.
 */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  const { status } = error;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  if (status === 413) return new Problem('content-too-large', 'Send less at once.');
  // A path whose percent-encoding means nothing; it has no type, unlike what body parsers throw.
  if (!('type' in error))
    return new Problem('not-found', 'No address of ours is written like this.');
  return new Problem('invalid-request', 'The body cannot be read.', {
    errors: [{ pointer: '', detail: explainBody(error.type) }],
  });
}

function explainBody(type: unknown): string {
  switch (type) {
    case 'entity.parse.failed':
      return 'This is not well-formed.';
    case 'encoding.unsupported':
      return 'This content encoding is not taken.';
    case 'charset.unsupported':
      return 'This character set is not taken; write UTF-8.';
    case 'parameters.too.many':
      return 'There are too many fields.';
    default:
      return 'It broke off, or is not what its headers say.';
  }
}
