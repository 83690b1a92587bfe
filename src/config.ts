import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { assembleConfig } from './config-assemble.ts';
import type { Environment } from './config-environment.ts';
import { explain, toMistakes } from './config-explain.ts';
import { readTextFile } from './config-files.ts';
import { ConfigRefused, type KeyPath, type Mistake, Unfit } from './config-mistake.ts';
import { checkTogether } from './config-rules.ts';
import { type Settings, settingsSchema } from './config-schema.ts';
import { readSource } from './config-source.ts';
import type { Config } from './config-types.ts';

export { describeConfig } from './config-describe.ts';
export { ConfigRefused, type Mistake } from './config-mistake.ts';
export type * from './config-types.ts';

/** Where a configuration is read from. */
export interface ConfigSource {
  /** A YAML or JSON file; relative paths in it start at its folder. */
  readonly file: string;
  readonly env: Environment;
}

/**
 * Reads the configuration: the file, the environment it names, and the files it names. Throws
 * `ConfigRefused` with every mistake that can be found; what it returns is complete and frozen.
 */
export function readConfig({ file, env }: ConfigSource): Config {
  const path = resolve(file);
  const source = readSource(openFile(path), env);
  if (source.value === undefined) throw new ConfigRefused(path, source.mistakes);
  const judged = judge(source.value, dirname(path));
  const found = judged.success ? [] : toMistakes(judged.error.issues, source.lineOf);
  const mistakes = [...source.mistakes, ...withoutEchoes(found, source.mistakes)];
  if (!judged.success || mistakes.length > 0) throw new ConfigRefused(path, mistakes);
  return freeze(assembleConfig(path, judged.data));
}

function openFile(path: string): string {
  try {
    return readTextFile(path);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw new ConfigRefused(path, [{ path: '', detail: error.message }]);
  }
}

/** A file at the root of the package, as seen from `src/` and from `dist/` alike. */
function packageFile(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

function judge(value: unknown, folder: string) {
  const schema = settingsSchema({
    folder,
    policyModel: packageFile('policy.conf'),
    policyRules: packageFile('policy.csv'),
  }).superRefine(judgeTogether, { when: () => true });
  // An empty file is read as null; it lacks every key.
  return schema.safeParse(value ?? {}, { error: explain });
}

function judgeTogether(settings: Settings, context: z.core.$RefinementCtx<Settings>): void {
  // What the rules find themselves must not make a value unsound for the rules after them.
  const wrong = context.issues
    .filter(({ code }) => code !== 'unrecognized_keys')
    .map(({ path }) => path ?? []);
  checkTogether({
    settings,
    isSound: (...places) => !places.some((place) => wrong.some((path) => overlaps(path, place))),
    refuse: (place, message) => context.addIssue({ code: 'custom', path: [...place], message }),
  });
}

/** Whether one of two places is the other or holds it. */
function overlaps(one: KeyPath, other: KeyPath): boolean {
  const common = Math.min(one.length, other.length);
  return one.slice(0, common).every((step, position) => step === other[position]);
}

/** A value whose variable is not set is wrong in other ways too; saying so would not help anybody. */
function withoutEchoes(found: readonly Mistake[], earlier: readonly Mistake[]): readonly Mistake[] {
  const told = new Set(earlier.map(({ path }) => path));
  return found.filter(({ path }) => !told.has(path));
}

/** Freezes a value and everything in it. */
function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
