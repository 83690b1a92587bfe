import { createSqliteEngine } from '../support/sqlite-engine.ts';
import { describeStore } from '../support/store-suite.ts';

describeStore('SQLite', createSqliteEngine);
