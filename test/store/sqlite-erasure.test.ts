import { describeErasure } from '../support/erasure-suite.ts';
import { createSqliteEngine } from '../support/sqlite-engine.ts';

describeErasure('SQLite', createSqliteEngine);
