import { readFileSync } from 'node:fs';
import { FOOTINGS, RESOURCES, RIGHTS, ROLES, type Cell } from '../../src/domain/rights.ts';
import { PolicyRefused, type Policy, loadPolicy } from '../../src/policy/policy.ts';

const root = new URL('../../', import.meta.url);

/** The policy that is shipped, as it stands in the files. */
export const shipped = {
  model: readFileSync(new URL('policy.conf', root), 'utf8'),
  rules: readFileSync(new URL('policy.csv', root), 'utf8'),
};

export const shippedRows = shipped.rules.split('\n').filter((line) => line.startsWith('p, '));

/** Every cell of the table. */
export const everyCell: readonly Cell[] = ROLES.flatMap((role) =>
  RESOURCES.flatMap((resource) =>
    RIGHTS[resource].flatMap((action) =>
      // The action comes from this resource's own list, which the compiler cannot follow here.
      FOOTINGS.map((basis) => ({ role, resource, action, basis }) as Cell),
    ),
  ),
);

export function nameCell({ role, resource, action, basis }: Cell): string {
  return [role, resource, action, basis].join(', ');
}

/** The cells that a policy permits to people with one role. */
export function listPermitted(policy: Policy): string[] {
  return everyCell
    .filter((cell) => policy.decide({ ...cell, roles: [cell.role] }).permit)
    .map(nameCell);
}

/** The shipped model with another matcher. */
export function withMatcher(matcher: string): string {
  return shipped.model.replace(/^m = [^]*$/m, () => `m = ${matcher}\n`);
}

/** What a policy is refused for, one `file:line detail` each; fails if it is not refused. */
export async function listMistakes(texts: Partial<typeof shipped>): Promise<string[]> {
  try {
    await loadPolicy({ ...shipped, ...texts });
  } catch (error) {
    if (!(error instanceof PolicyRefused)) throw error;
    return error.mistakes.map(({ file, line, detail }) => `${file}:${line ?? ''} ${detail}`);
  }
  throw new Error('the policy was accepted');
}
