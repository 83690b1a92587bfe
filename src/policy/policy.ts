import type { Footing, Right, Role } from '../domain/rights.ts';
import { digestPolicy } from './policy-digest.ts';
import { findModelMistakes } from './policy-model.ts';
import { PolicyRefused } from './policy-refused.ts';
import { parseRules } from './policy-rules.ts';
import { type Table, type Verdict, makeTable } from './policy-table.ts';

export { PolicyRefused } from './policy-refused.ts';
export type { Verdict } from './policy-table.ts';

/** What somebody with these roles may do, standing on this basis. */
export type PolicyQuestion = Right & {
  readonly roles: readonly Role[];
  readonly basis: Footing;
};

/** The whole texts of the two policy files. */
export interface PolicyTexts {
  readonly model: string;
  readonly rules: string;
}

/** A policy that has been tried whole. It never changes; a new one is loaded beside it and swapped. */
export interface Policy extends PolicyTexts {
  /** `sha256:<hex>` over both texts, as `digestPolicy` says. */
  readonly digest: string;
  /**
   * A deny row for any of the roles beats every permit; otherwise the first permit in the order of
   * `ROLES`. No row, no role, or a word that does not exist: denied without a rule.
   */
  readonly decide: (question: PolicyQuestion) => Verdict;
}

const UNSTATED: Verdict = Object.freeze({ permit: false });

/**
 * Reads and tries a policy, aside from any that is in use.
 *
 * @throws {PolicyRefused} with every mistake at once, if the files cannot be read strictly, or
 * permit anything that no policy may permit or that no row says.
 */
export async function loadPolicy(texts: PolicyTexts): Promise<Policy> {
  const { model, rules } = texts;
  const { rows, mistakes } = parseRules(rules);
  const unreadable = [...findModelMistakes(model), ...mistakes];
  if (unreadable.length > 0) throw new PolicyRefused(unreadable);
  const tried = await makeTable(model, rows);
  if (tried.mistakes.length > 0) throw new PolicyRefused(tried.mistakes);
  const { table } = tried;
  return Object.freeze({
    model,
    rules,
    digest: digestPolicy({ model, rules }),
    decide: (question: PolicyQuestion) => lookUp(table, question),
  });
}

/** On the path of every request: three look-ups and no allocation. */
function lookUp(table: Table, { roles, resource, action, basis }: PolicyQuestion): Verdict {
  const stated = table.get(resource)?.get(action)?.get(basis);
  if (stated === undefined) return UNSTATED;
  for (const { role, verdict } of stated) {
    if (roles.includes(role)) return verdict;
  }
  return UNSTATED;
}
