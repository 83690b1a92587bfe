import { readFileSync } from 'node:fs';
import { readConfig } from '../config.ts';
import { isCell } from '../domain/rights.ts';
import { loadPolicy, type Policy } from '../policy/policy.ts';
import { explain } from '../policy/policy-explain.ts';
import { EXIT_MISTAKE, exitWithMistakes } from './exit.ts';

interface PolicyOptions {
  readonly config?: string;
}

/** Says everything that is wrong with the policy files, or that nothing is. */
export async function checkPolicy(options: PolicyOptions): Promise<void> {
  const policy = await openPolicy(options);
  console.log(`nothing is wrong (${policy.digest})`);
}

/** Says why a role may or may not do something; exit 1 if it may not. */
export async function explainPolicy(
  role: string,
  resource: string,
  action: string,
  basis: string,
  options: PolicyOptions,
): Promise<void> {
  const policy = await openPolicy(options);
  const cell = { role, resource, action, basis };
  if (!isCell(cell)) {
    console.error(`there is no right ${role} ${resource} ${action} ${basis}; see policy.csv`);
    process.exit(EXIT_MISTAKE);
  }
  const { verdict, line, why } = explain(policy, cell);
  console.log(`${verdict.permit ? 'permit' : 'deny'}: ${why}`);
  if (line !== undefined) console.log(`policy.csv line ${line}`);
  if (!verdict.permit) process.exitCode = 1;
}

async function openPolicy({ config }: PolicyOptions): Promise<Policy> {
  try {
    return await loadPolicy(config === undefined ? packagePolicy() : configuredPolicy(config));
  } catch (error) {
    exitWithMistakes(error);
  }
}

function configuredPolicy(file: string) {
  const { policy } = readConfig({ file, env: process.env });
  return { model: policy.model.text, rules: policy.rules.text };
}

/** The texts of the two files that the package brings. */
export function packagePolicy() {
  const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  return { model: read('policy.conf'), rules: read('policy.csv') };
}
