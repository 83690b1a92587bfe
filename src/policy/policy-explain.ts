import { type Cell, isWithinCeiling } from '../domain/rights.ts';
import type { Policy, Verdict } from './policy.ts';
import { parseRules } from './policy-rules.ts';

/** Why a policy answers as it does, for the command line. */
export interface Explanation {
  readonly verdict: Verdict;
  /** The line of the rules that decides, from 1; absent when no row speaks about the cell. */
  readonly line?: number;
  readonly why: string;
}

/** Says why a policy permits or denies one cell. */
export function explain(policy: Policy, cell: Cell): Explanation {
  const verdict = policy.decide({ ...cell, roles: [cell.role] });
  if (verdict.rule === undefined) return { verdict, why: explainSilence(cell) };
  const row = parseRules(policy.rules).rows.find(({ rule }) => rule === verdict.rule);
  const answer = verdict.permit ? 'permitted' : 'denied';
  if (row === undefined) return { verdict, why: `${answer} by: ${verdict.rule}` };
  return { verdict, line: row.line, why: `${answer} by line ${row.line}: ${verdict.rule}` };
}

function explainSilence(cell: Cell): string {
  if (!isWithinCeiling(cell)) return 'denied: no policy may ever permit this';
  const { role, resource, action, basis } = cell;
  const row = ['p', role, resource, action, basis, 'allow'].join(', ');
  return `denied: no row permits it; this one would: ${row}`;
}
