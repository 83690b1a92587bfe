import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readConfig } from '../../src/config.ts';
import { GATEWAY } from '../../src/domain/event.ts';
import { createLogger } from '../../src/http/log.ts';
import { startGateway } from '../../src/main-gateway.ts';
import type { Foundation } from '../../src/main-foundation.ts';
import { buildHouse } from '../support/house.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TileClient } from '../support/tile-client.ts';
import { needsSumdb } from '../support/tools.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('./sumdb/main.go', import.meta.url));
/** Two full tiles and a part of one. */
const ENTRIES = 700;

describe('the published log', () => {
  it('is read by the libraries of Go’s checksum database: note, tiles, entries, proofs', {
    skip: needsSumdb,
  }, async (test) => {
    const house = await buildHouse();
    let foundation: Foundation | undefined;
    const config = readConfig({ file: house.configFile, env: {} });
    const gateway = await startGateway(config, createLogger({ level: 'silent' }), async (built) => {
      foundation = built;
    });
    test.after(async () => {
      await gateway.stop(1000);
      await house.close();
    });
    const event = { event: 'log.read', actor: GATEWAY, query: 'x', count: 0 } as const;
    const { recorder } = foundation ?? assert.fail('it has no foundation');
    await Promise.all(Array.from({ length: ENTRIES }, () => recorder.record([event])));
    const log = `${house.publicUrl}/log`;
    const client = new TileClient(log);
    await until('everything is signed', async () => {
      const answer = await client.ask('checkpoint');
      return answer.status === 200 && Number((await answer.text()).split('\n')[1]) > ENTRIES;
    });
    const vkey = (await (await client.ask('vkey')).text()).trim();
    const { stdout } = await run('go', ['run', SOURCE, log, vkey], {
      env: { ...process.env, ...GOPATH_MODE, GOCACHE: join(temporaryFolder(test), 'go') },
    });
    assert.match(stdout, /^7\d\d entries, each in the tree that was signed$/mu);
  });
});

/** Debian's packages of Go libraries are in one folder. */
const GOPATH_MODE = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' };
