import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { newInstance } from './acts.ts';
import { DAY } from './specimens.ts';

/** A process of its own that opens the store it is told to, says so, and holds it until it is ended. */
const [file = ''] = process.argv.slice(2);
try {
  await openSqliteStore({ file, instance: newInstance(), retentionMs: DAY, reserveBytes: 0 });
  process.send?.('opened');
} catch (error) {
  process.send?.(`refused: ${String(error)}`);
  process.exit();
}
setInterval(() => undefined, 1000);
