import type { Verdict, VerifyReport } from '../../audit/verify.ts';
import { encodeBase64 } from '../../tlog/base64.ts';
import { formatKeyId } from '../../tlog/note-key.ts';

/** What an exit code of `verify` means. */
export const MEANINGS = {
  0: 'verified',
  1: 'cannot decide',
  2: 'not verified',
  3: 'evidence of misbehaviour',
} as const;

const NAME_WIDTH = 13;
const OUTCOME_WIDTH = 12;

/** One line for each verdict, its findings below it, and the meaning of the exit code. */
export function formatReport({ verdicts, exitCode }: VerifyReport): string {
  const lines = [...verdicts.flatMap(formatVerdict), `${exitCode}: ${MEANINGS[exitCode]}`];
  return lines.map(visible).join('\n');
}

/** The report as JSON: hashes in base 64. */
export function describeReport({ verdicts, exitCode, checkpoint }: VerifyReport): object {
  return {
    exitCode,
    meaning: MEANINGS[exitCode],
    verdicts,
    ...(checkpoint === undefined
      ? {}
      : {
          checkpoint: {
            origin: checkpoint.origin,
            size: checkpoint.size,
            root: encodeBase64(checkpoint.root),
            signatures: checkpoint.signatures.map(({ key, time }) => ({
              name: key.name,
              id: formatKeyId(key.id),
              type: key.type,
              ...(time === undefined ? {} : { time }),
            })),
          },
        }),
  };
}

/** What was read may be hostile: control characters and what turns lines around are written as what they are. */
export function visible(line: string): string {
  return line.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}

function formatVerdict({ name, outcome, detail, findings, found }: Verdict): string[] {
  const head = `${name.padEnd(NAME_WIDTH)}  ${outcome.padEnd(OUTCOME_WIDTH)}  ${detail}`.trimEnd();
  const more = found - findings.length;
  const rest = more > 0 ? [`    and ${more} more`] : [];
  return [head, ...findings.map((finding) => `    ${finding}`), ...rest];
}
