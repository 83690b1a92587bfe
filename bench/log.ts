import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchAppend } from './log-append.ts';
import { describeMachine } from './machine.ts';
import { benchVerify } from './log-verify.ts';

/**
 * What the log costs, and how fast it is verified: `npm run bench:log -- --entries 5000000 --dir FOLDER`. The
 * folder should be on the disk that matters.
 */
const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '500000' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const folder = mkdtempSync(join(values.dir, 'sallyport-bench-'));
try {
  console.log(describeMachine(folder));
  const old = await benchAppend(folder, Number(values.entries));
  await benchVerify(old);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
