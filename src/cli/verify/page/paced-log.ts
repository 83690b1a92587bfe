import type { LogItem, VerifiableLog } from '../../../audit/verifiable-log.ts';

/** So long the page may not answer: nobody notices. */
const SLICE_MS = 30;

/** The same log, whose reader pauses often enough for the page to stay alive. */
export function paceLog(log: VerifiableLog): VerifiableLog {
  return { ...log, items: () => pace(log) };
}

async function* pace(log: VerifiableLog): AsyncGenerator<readonly LogItem[]> {
  let resumed = performance.now();
  for await (const items of log.items()) {
    if (performance.now() - resumed > SLICE_MS) {
      await nextTurn();
      resumed = performance.now();
    }
    yield items;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
