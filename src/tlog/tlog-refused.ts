/**
 * Why something read from outside was refused. A closed list, so that whoever reads it can answer
 * each in his own way: a proof's, a tile's, a key's, a note's, a checkpoint's, a request's, a policy's.
 */
export type TlogRefusal =
  | 'index-out-of-range'
  | 'size-out-of-range'
  | 'hash-malformed'
  | 'proof-length-wrong'
  | 'root-differs'
  | 'proof-malformed'
  | 'tile-path-malformed'
  | 'tile-malformed'
  | 'entry-bundle-malformed'
  | 'key-malformed'
  | 'note-malformed'
  | 'signature-wrong'
  | 'signature-missing'
  | 'checkpoint-malformed'
  | 'origin-differs'
  | 'quorum-missing'
  | 'request-malformed'
  | 'policy-malformed';

/** A proof, a note, a tile or a key that cannot be believed. Its words never repeat what was read. */
export class TlogRefused extends Error {
  override readonly name = 'TlogRefused';
  readonly reason: TlogRefusal;

  constructor(reason: TlogRefusal, detail: string) {
    super(detail);
    this.reason = reason;
  }
}
