import { policyText } from '../../domain/policy-text.ts';
import { isWithinCeiling, type NamedCell } from '../../domain/rights.ts';
import type { Sha256 } from '../../tlog/hash.ts';
import { encodeUtf8 } from '../../tlog/utf8.ts';
import { toHex } from '../hex.ts';

interface Row extends NamedCell {
  readonly effect: string;
  readonly rule: string;
}

const ANY = '*';

/** A policy as it was loaded: what its rows allow, and what they deny. Its model can only take away from them. */
export class PolicyRows {
  readonly #rows: readonly Row[];

  constructor(rules: string) {
    this.#rows = rules.split(/\r?\n/).flatMap(readRow);
  }

  /** What is wrong with a permit by this rule; `undefined` if the rows allow it. */
  whyNot(
    rule: string | undefined,
    cell: NamedCell,
    roles: ReadonlySet<string>,
  ): string | undefined {
    const row = this.#rows.find((one) => one.rule === rule);
    if (row?.effect !== 'allow') return 'it names no rule of its policy that allows anything';
    if (!covers(row, { ...cell, role: row.role })) return 'its rule is not about such an access';
    if (!roles.has(row.role)) return `its rule is for ${row.role}, which its actor was not`;
    if (!isWithinCeiling({ ...cell, role: row.role }))
      return 'its rule is one that no policy may have';
    const isDenied = this.#rows.some(
      (one) => one.effect === 'deny' && [...roles].some((role) => covers(one, { ...cell, role })),
    );
    return isDenied ? 'a row of its policy denies it' : undefined;
  }
}

/** `sha256:` and hex, as records name a policy. */
export function nameOfPolicy(sha256: Sha256, texts: { model: string; rules: string }): string {
  return `sha256:${toHex(sha256(encodeUtf8(policyText(texts))))}`;
}

function readRow(line: string): Row[] {
  const fields = line.split(',').map((field) => field.replace(/^[ \t]+|[ \t]+$/g, ''));
  const [type, role = '', resource = '', action = '', basis = '', effect = ''] = fields;
  if (type !== 'p' || fields.length !== 6) return [];
  return [{ role, resource, action, basis, effect, rule: fields.join(', ') }];
}

function covers(row: NamedCell, cell: NamedCell): boolean {
  return (['role', 'resource', 'action', 'basis'] as const).every(
    (column) => row[column] === ANY || row[column] === cell[column],
  );
}
