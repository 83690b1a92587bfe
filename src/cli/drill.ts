import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPolicy } from '../policy/policy.ts';
import { type DrillResult, NotVerified, runDrill } from './drill/run-drill.ts';
import { writeSpecimenLog } from './drill/specimen-log.ts';
import { packagePolicy } from './policy.ts';

const CAUGHT = 0;
const MISSED = 2;

/** Manipulates a copy of a store in every way there is, and shows which verdict catches what. */
export async function drill(options: { store?: string }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-drill-'));
  try {
    const store = options.store ?? (await makeSpecimen(folder));
    process.exitCode = await showDrill(store, folder);
  } catch (error) {
    if (!(error instanceof NotVerified)) throw error;
    console.error(error.message);
    process.exitCode = MISSED;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeSpecimen(folder: string): Promise<string> {
  const file = join(folder, 'specimen.db');
  await writeSpecimenLog(file, await loadPolicy(packagePolicy()));
  return file;
}

async function showDrill(store: string, folder: string): Promise<number> {
  const counts = { alone: 0, checkpoint: 0, missed: 0, 'not-applicable': 0 };
  for await (const result of runDrill(store, folder)) {
    counts[result.caught.how] += 1;
    console.log(describe(result));
  }
  console.log(
    `\n${counts.alone} caught by the log itself, ${counts.checkpoint} by an earlier checkpoint (yours or a witness’s), ` +
      `${counts.missed} missed, ${counts['not-applicable']} not applicable to this log`,
  );
  return counts.missed === 0 ? CAUGHT : MISSED;
}

function describe({ manipulation, caught }: DrillResult): string {
  const who = manipulation.by === 'file' ? 'writes the file' : 'owns the machine';
  const head = `${who.padEnd(16)}  ${manipulation.name}`;
  switch (caught.how) {
    case 'alone':
      return `${head}\n    caught: ${caught.verdict} — ${caught.finding}`;
    case 'checkpoint':
      return `${head}\n    needs an earlier checkpoint or a witness: ${caught.verdict} — ${caught.finding}`;
    case 'missed':
      return `${head}\n    MISSED`;
    case 'not-applicable':
      return `${head}\n    not applicable: ${caught.why}`;
  }
}
