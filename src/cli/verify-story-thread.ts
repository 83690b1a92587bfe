import { parentPort, workerData } from 'node:worker_threads';
import { walkStory } from '../audit/verify.ts';
import { NODE_CRYPTO } from './verify/node-crypto.ts';
import { withTagKeys } from './verify/tag-keys.ts';
import { openSource } from './verify-source.ts';
import type { StoryOrder } from './verify-story.ts';

const { source, accounts, trust, note } = workerData as StoryOrder;
const log = withTagKeys(await openSource(source, note), accounts);
parentPort?.postMessage(await walkStory(log, { crypto: NODE_CRYPTO, trust }));
