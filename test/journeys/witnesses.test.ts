import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loopbackFetch } from '../../src/http/loopback-fetch.ts';
import { makeLogKey } from '../../src/recorder/log-key.ts';
import { formatVerifierKey, type VerifierKey } from '../../src/tlog/note-key.ts';
import { splitNote } from '../../src/tlog/note-form.ts';
import { makeQuorum } from '../../src/tlog/quorum.ts';
import { TlogRefused } from '../../src/tlog/tlog-refused.ts';
import { verifyCheckpoint } from '../../src/tlog/verify-checkpoint.ts';
import { type GatewayProcess, runGateway, startProcess } from '../support/gateway-process.ts';
import { buildHouse, type House, Someone } from '../support/house.ts';
import { checkLog } from '../support/log-checker.ts';
import { TileClient } from '../support/tile-client.ts';
import { until } from '../support/until.ts';
import {
  startWitness,
  witnessKey,
  type WitnessPlace,
  type WitnessProcess,
} from '../support/witness-process.ts';
import { verifyEd25519 } from '../tlog/ed25519.ts';

const ORIGIN = 'tests.sallyport.localhost/access';

/** A gateway and two witnesses in processes of their own, and somebody who believes only both together. */
describe('a log with witnesses', () => {
  let house: House;
  let gateway: GatewayProcess;
  let logKey: VerifierKey;
  const places: WitnessPlace[] = [];
  const witnesses: WitnessProcess[] = [];
  let witnessKeys: VerifierKey[] = [];

  before(async () => {
    const log = { origin: ORIGIN, checkpointEvery: '100ms', witnesses: 'witnesses.policy' };
    house = await buildHouse({ config: { log } });
    const keyFile = join(house.dir, 'data/log.key');
    logKey = (await makeLogKey({ keyFile, origin: ORIGIN })).verifier;
    for (const n of [1, 2]) {
      const folder = join(house.dir, `witness-${n}`);
      mkdirSync(folder);
      places.push({ folder, name: `witness.example/${n}` });
    }
    witnessKeys = places.map((place) => witnessKey(place).key);
    for (const place of places)
      witnesses.push(await startWitness(place, [formatVerifierKey(logKey)]));
    writePolicy();
    gateway = await startProcess(house);
  });

  after(async () => {
    await gateway.kill();
    for (const { run } of witnesses) {
      run.signal('SIGKILL');
      await run.ended;
    }
    await house.close();
  });

  function writePolicy(): void {
    const [one, two] = witnesses.map(({ url }, at) => {
      const vkey = formatVerifierKey(witnessKeys[at] ?? assert.fail());
      return `witness w${at} ${vkey} ${url}`;
    });
    const lines = [
      '# ours',
      `log ${formatVerifierKey(logKey)}`,
      one,
      two,
      'group all-of-them all w0 w1',
    ];
    const text = `${lines.join('\n')}\nquorum all-of-them\n`;
    writeFileSync(join(house.dir, 'witnesses.policy'), text);
  }

  async function served(): Promise<Uint8Array> {
    const answer = await new TileClient(`${house.publicUrl}/log`).ask('checkpoint');
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** The checkpoint that is served now, if enough have cosigned it. */
  async function witnessed() {
    const trust = { origin: ORIGIN, logKeys: [logKey], quorum: makeQuorum(2, witnessKeys) };
    try {
      return verifyCheckpoint(verifyEd25519, trust, await served());
    } catch (error) {
      assert.ok(error instanceof TlogRefused, String(error));
      return undefined;
    }
  }

  async function untilWitnessed(beyond: number): Promise<number> {
    let size = 0;
    await until(
      'enough have cosigned',
      async () => {
        size = (await witnessed())?.size ?? 0;
        return size > beyond;
      },
      20_000,
    );
    return size;
  }

  const read = async (path: string): Promise<string> =>
    (await loopbackFetch(`${house.publicUrl}${path}`)).text();
  const servedSize = async (): Promise<number> =>
    Number(splitNote(await served()).text.split('\n')[1]);

  it('serves what both have cosigned, and says so to whoever runs it', async () => {
    const size = await untilWitnessed(0);
    assert.match(
      await read('/readyz'),
      new RegExp(`^ready\nwitnessed: ${size} entries, since 20.+Z\n$`),
    );
    const metrics = await read('/metrics');
    assert.match(metrics, new RegExp(`^sallyport_witnessed_size ${size}$`, 'm'));
    assert.match(metrics, new RegExp(`^sallyport_published_size ${size}$`, 'm'));
    assert.match(metrics, /^sallyport_witnessed_timestamp_seconds 1\.?\d+/m);
    for (const { name } of witnessKeys)
      assert.match(
        metrics,
        new RegExp(`^sallyport_witness_size\\{witness="${name}"\\} ${size}$`, 'm'),
      );
    const guard = readFileSync(join(house.dir, 'data/sallyport.db.guard'));
    assert.equal(splitNote(guard).signatures.length, 1, 'the guard is as we have signed it');
  });

  it('goes on being signed, recorded and served while a witness is out', async () => {
    const size = await untilWitnessed(0);
    await witnesses[1]?.stop();
    await Someone.signIn(house, 'staff', 'sam');
    await until('it is signed', async () => (await servedSize()) > size);
    assert.equal(await witnessed(), undefined);
    assert.match(await read('/readyz'), /^ready\nwitnessed: /);
    await until('it is said', () =>
      gateway.stderr.some((line) => line.includes('does not cosign')),
    );
    const place = { ...(places[1] ?? assert.fail()), port: witnesses[1]?.port ?? assert.fail() };
    witnesses[1] = await startWitness(place, [formatVerifierKey(logKey)]);
    await untilWitnessed(size);
    const told = gateway.stderr.filter((line) => line.includes('does not cosign'));
    assert.ok(told.length <= 2, told.join('\n'));
  });

  it('is as witnessed after a restart as before, whether or not anybody can be asked', async () => {
    const size = await untilWitnessed(0);
    await gateway.stop();
    for (const witness of witnesses) await witness.stop();
    gateway = await startProcess(house);
    const said = /witnessed: (\d+) entries/.exec(await read('/readyz'));
    assert.ok(Number(said?.[1]) >= size, said?.[0]);
    for (const [at, place] of places.entries()) {
      const port = witnesses[at]?.port ?? assert.fail();
      witnesses[at] = await startWitness({ ...place, port }, [formatVerifierKey(logKey)]);
    }
    await untilWitnessed(size);
  });

  it('does not start with a policy file that is wrong', async () => {
    await gateway.stop();
    await checkLog(house.databaseFile, { isStopped: true });
    writeFileSync(
      join(house.dir, 'witnesses.policy'),
      '# ours\nwitness one nonsense\nquorum one\n',
    );
    const refused = runGateway(house);
    assert.equal((await refused.ended).code, 2);
    const said = refused.stderr.join('\n');
    assert.match(
      said,
      /log\.witnesses \(line \d+\): names .*witnesses\.policy, where line 2 has no key/,
    );
    writePolicy();
    gateway = await startProcess(house);
  });
});
