/** One mistake in a policy file. `line` counts from 1; it is absent where no single line is wrong. */
export interface PolicyMistake {
  readonly file: 'model' | 'rules';
  readonly line?: number;
  readonly detail: string;
}

/** The policy files may not serve. Carries every mistake at once, in the order of the files. */
export class PolicyRefused extends Error {
  readonly mistakes: readonly PolicyMistake[];

  constructor(mistakes: readonly PolicyMistake[]) {
    super(`The policy is refused:\n${mistakes.map(nameMistake).join('\n')}`);
    this.name = 'PolicyRefused';
    this.mistakes = mistakes;
  }
}

function nameMistake({ file, line, detail }: PolicyMistake): string {
  const place = line === undefined ? file : `${file}, line ${line}`;
  return `- ${place}: ${detail}`;
}

/** Shows words of a file in a message: quoted, control characters escaped, cut to a readable length. */
export function quote(words: string): string {
  return JSON.stringify(words.length > 60 ? `${words.slice(0, 60)}…` : words);
}
