import type { Sha256 } from '../../tlog/hash.ts';
import type { VerifyEd25519 } from '../../tlog/note-key.ts';
import type { LogTrust } from '../../tlog/verify-checkpoint.ts';

/** What a verifier is given, so that the same sources run in Node and in a browser. */
export interface VerifyCrypto {
  readonly sha256: Sha256;
  readonly verifyEd25519: VerifyEd25519;
}

export interface VerifyOptions {
  readonly crypto: VerifyCrypto;
  /** Whom to believe. Its keys come from somebody you trust, never from the log itself. */
  readonly trust: LogTrust;
  /** An earlier checkpoint of this log, a signed note: what has been seen must still be there. */
  readonly since?: Uint8Array | undefined;
  /** Called now and then with the number of entries done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}
