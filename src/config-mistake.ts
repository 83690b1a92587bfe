/** One thing that is wrong with a configuration. */
export interface Mistake {
  /** The key, as `upstreams[0].target`; empty if it is the file as a whole. */
  readonly path: string;
  readonly detail: string;
  /** The line of the file, counted from one, where the key (or what should hold it) stands. */
  readonly line?: number;
}

/** A configuration that cannot be used, with every mistake that could be found in it. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused';
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[]) {
    super(
      [`the configuration ${file} cannot be used:`, ...mistakes.map(describeMistake)].join('\n'),
    );
    this.mistakes = mistakes;
  }
}

function describeMistake({ path, detail, line }: Mistake): string {
  const place = line === undefined ? '' : ` (line ${line})`;
  return `  ${path === '' ? 'the file' : path}${place}: ${detail}`;
}

/** What a value of the configuration is refused with; it becomes a mistake at the value's key. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}

/** Refuses the value at hand, with a detail that reads on from its key, unless something holds. */
export function demand(holds: boolean, detail: string): asserts holds {
  if (!holds) throw new Unfit(detail);
}

/** A place in the configuration: names of keys and positions in lists. */
export type KeyPath = readonly PropertyKey[];

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Writes a place as people do: `upstreams[0].routes["GET /x"]`. */
export function formatPath(path: KeyPath): string {
  return path.map(formatStep).join('').replace(/^\./, '');
}

function formatStep(step: PropertyKey): string {
  if (typeof step === 'number') return `[${step}]`;
  const key = String(step);
  return PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
