import type { Conflict, Party } from '../../audit/diff.ts';
import { encodeBase64 } from '../../tlog/base64.ts';
import type { TreeHead } from '../../tlog/consistency.ts';
import { decodeUtf8 } from '../../tlog/utf8.ts';

/**
 * Two checkpoints that cannot both be true, as a file to show others: the notes to the letter, and where
 * their sizes differ the proof of what the later one's tree was at the size of the earlier one.
 */
export function formatEvidence(
  conflict: Conflict,
  notes: Readonly<Record<Party, Uint8Array | undefined>>,
): string {
  const { detail, between, growth } = conflict;
  const evidence = {
    format: 'sallyport-evidence/v1',
    detail,
    checkpoints: between.map((party) => decodeUtf8(notes[party] ?? new Uint8Array()) ?? ''),
    ...(growth === undefined
      ? {}
      : {
          growth: {
            from: describeHead(growth.from),
            to: describeHead(growth.to),
            proof: growth.proof.map(encodeBase64),
          },
        }),
  };
  return `${JSON.stringify(evidence, undefined, 2)}\n`;
}

function describeHead({ size, root }: TreeHead): object {
  return { size, root: encodeBase64(root) };
}
