import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatVerifierKey } from '../../src/tlog/note-key.ts';
import { MEMBERS } from '../../src/audit/bundle-format.ts';
import { download } from '../support/download.ts';
import { enter, openGateway, Someone, buildHouse, type House } from '../support/house.ts';
import { bundleMembers, packBundle } from '../support/bundle-maker.ts';
import { type KeptLog, keepLog } from '../support/kept-log.ts';
import { manipulate } from '../support/signed-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { serveTiles } from '../support/tile-server.ts';
import { keyFor } from '../tlog/ed25519.ts';
import { type Ending, runProgram } from './run-program.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));
const NAMES = [
  'integrity',
  'consistency',
  'authorization',
  'completeness',
  'retention',
  'witnesses',
];

/** Somebody who verifies, with the program and with files. */
describe('sallyport verify', () => {
  let house: House;
  let kept: KeptLog;
  let vkey: string;
  let earlier: Uint8Array;
  let downloads: Record<'owner' | 'auditor', Uint8Array>;

  const sallyport = (...words: string[]): Promise<Ending> =>
    runProgram(process.execPath, [LAUNCHER, ...words]).ended;

  before(async () => {
    house = await buildHouse();
    await runGateway(async () => {
      const olga = await Someone.signIn(house, 'owners', 'olga');
      const sam = await Someone.signIn(house, 'staff', 'sam');
      await olga.allow('acme');
      const { token } = await sam.visit('acme');
      assert.equal((await enter(house, 'acme', token, '/users')).status, 200);
      const aaron = await Someone.signIn(house, 'staff', 'aaron');
      downloads = { owner: await takeBundle(olga), auditor: await takeBundle(aaron) };
    });
    earlier = keepLog(house.databaseFile).note;
    await runGateway(async () => {});
    kept = keepLog(house.databaseFile);
    const shown = await sallyport('log', 'key', 'show', '--config', house.configFile);
    vkey = shown.stdout.trim();
  });

  after(() => house.close());

  async function runGateway(work: () => Promise<void>): Promise<void> {
    const gateway = await openGateway(house);
    try {
      await work();
    } finally {
      await gateway.stop(1000);
    }
  }

  /** As soon as everything up to now is published, which a receipt waits for. */
  async function takeBundle(who: Someone): Promise<Uint8Array> {
    const take = (path: string) => {
      const url = `${house.publicUrl}/api/v1${path}`;
      return download(url, who.browser.cookiesFor(new URL(url)));
    };
    const { body } = await who.call('GET', '/records?limit=1');
    await take(`/records/${body.items[0].index}/receipt`);
    const { status, bytes } = await take('/bundle');
    assert.equal(status, 200);
    return bytes;
  }

  function put(test: TestContext, name: string, bytes: Uint8Array | string): string {
    const file = join(temporaryFolder(test), name);
    writeFileSync(file, bytes);
    return file;
  }

  const bundle = (
    test: TestContext,
    change: (members: Map<string, Uint8Array>) => void = () => {},
  ) => {
    const members = bundleMembers(kept);
    change(members);
    return put(test, 'bundle.zip', packBundle(members));
  };

  const storeCopy = (test: TestContext): string =>
    put(test, 'store.db', readFileSync(house.databaseFile));

  /** The outcome of each verdict, by its line. */
  function outcomes({ stdout }: Ending): Record<string, string> {
    const lines = stdout.split('\n').filter((line) => /^[a-z]/.test(line));
    return Object.fromEntries(lines.map((line) => line.split(/ {2,}/).slice(0, 2)));
  }

  describe('with what a gateway wrote', () => {
    it('says six verdicts of a bundle and ends with 0', async (test) => {
      const ending = await sallyport('verify', '--bundle', bundle(test), '--key', vkey);
      assert.equal(ending.code, 0, ending.stdout + ending.stderr);
      assert.deepEqual(Object.keys(outcomes(ending)), NAMES);
      const { integrity, authorization, completeness } = outcomes(ending);
      assert.deepEqual(
        [integrity, authorization, completeness],
        ['verified', 'verified', 'verified'],
      );
      assert.match(ending.stdout, /\n0: verified\n$/);
      assert.equal(ending.stderr, '');
    });

    for (const who of ['owner', 'auditor'] as const)
      it(`verifies the bundle that an ${who} downloads`, async (test) => {
        const file = put(test, 'bundle.zip', downloads[who]);
        const ending = await sallyport('verify', '--bundle', file, '--key', vkey);
        assert.equal(outcomes(ending)['integrity'], 'verified', ending.stdout + ending.stderr);
        assert.equal(outcomes(ending)['authorization'], 'verified', ending.stdout);
        assert.equal(ending.code, 0, ending.stdout);
      });

    it('says the same of the store file', async (test) => {
      const fromBundle = await sallyport('verify', '--bundle', bundle(test), '--key', vkey);
      const fromStore = await sallyport('verify', '--store', storeCopy(test), '--key', vkey);
      assert.equal(fromStore.code, 0, fromStore.stdout + fromStore.stderr);
      assert.deepEqual(outcomes(fromStore), outcomes(fromBundle));
    });

    it('says of the store of a running gateway that it verifies', async () => {
      await runGateway(async () => {
        const ending = await sallyport('verify', '--store', house.databaseFile, '--key', vkey);
        assert.equal(outcomes(ending)['integrity'], 'verified', ending.stdout + ending.stderr);
      });
      kept = keepLog(house.databaseFile);
    });

    it('says of the published log that it is whole, and that contents decide the rest', async (test) => {
      const address = await serveTiles(test, kept);
      const ending = await sallyport('verify', '--url', address, '--key', vkey);
      assert.equal(ending.code, 1, ending.stdout + ending.stderr);
      assert.equal(outcomes(ending)['integrity'], 'verified');
      assert.equal(outcomes(ending)['authorization'], 'undecided');
    });

    it('says that it grew from a checkpoint that was kept', async (test) => {
      const since = put(test, 'kept', earlier);
      const words = ['--key', vkey, '--since', since];
      for (const source of [
        ['--bundle', bundle(test)],
        ['--store', storeCopy(test)],
      ]) {
        const ending = await sallyport('verify', ...source, ...words);
        assert.equal(outcomes(ending)['consistency'], 'verified', ending.stdout + ending.stderr);
      }
    });

    it('prints the report as JSON', async (test) => {
      const words = ['verify', '--bundle', bundle(test), '--key', vkey, '--json'];
      const { stdout, code } = await sallyport(...words);
      const report = JSON.parse(stdout);
      assert.equal(report.exitCode, code);
      assert.deepEqual(
        report.verdicts.map(({ name }: { name: string }) => name),
        NAMES,
      );
      assert.equal(report.checkpoint.size, kept.size);
    });

    it('takes the key from a file, too', async (test) => {
      const file = put(test, 'keys', `\n${vkey}\n`);
      const ending = await sallyport('verify', '--bundle', bundle(test), '--key-file', file);
      assert.equal(ending.code, 0, ending.stdout + ending.stderr);
    });
  });

  describe('ends with 2', () => {
    const flip = (name: string, at: number) => (members: Map<string, Uint8Array>) => {
      const bytes = new Uint8Array(members.get(name) ?? []);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      members.set(name, bytes);
    };

    it('for a bundle with one bit changed in an entry', async (test) => {
      const file = bundle(test, flip(MEMBERS.entries, 300));
      const ending = await sallyport('verify', '--bundle', file, '--key', vkey);
      assert.equal(ending.code, 2, ending.stdout + ending.stderr);
      assert.equal(outcomes(ending)['integrity'], 'refuted');
      assert.match(ending.stdout, /\n2: not verified\n$/);
    });

    it('for a store with one content changed', async (test) => {
      const file = storeCopy(test);
      manipulate(file, 'UPDATE contents SET actor = CAST(\'{"x":1}\' AS BLOB) WHERE idx = 5');
      const ending = await sallyport('verify', '--store', file, '--key', vkey);
      assert.equal(ending.code, 2, ending.stdout + ending.stderr);
      assert.equal(outcomes(ending)['integrity'], 'refuted');
    });

    it('for another key', async (test) => {
      const other = 'tests.sallyport.localhost/access';
      const key = otherKey(other);
      const ending = await sallyport('verify', '--bundle', bundle(test), '--key', key);
      assert.equal(ending.code, 2, ending.stdout + ending.stderr);
    });

    for (const [what, file] of [
      ['no bundle', () => 'no bundle'],
      ['an empty file', () => ''],
      [
        'a bundle with an unknown member',
        () => packBundle(bundleMembers(kept).set('x', new Uint8Array())),
      ],
      [
        'a bundle whose manifest lies',
        () => packBundle(bundleMembers(kept).set(MEMBERS.manifest, Buffer.from('{}'))),
      ],
    ] as const)
      it(`for ${what}, in one line`, async (test) => {
        const words = ['verify', '--bundle', put(test, 'bundle.zip', file()), '--key', vkey];
        const { code, stdout, stderr } = await sallyport(...words);
        assert.equal(code, 2);
        assert.equal(stdout, '');
        assert.match(stderr, /^not verified: [^\n]+\n$/);
        const json = await sallyport(...words, '--json');
        assert.equal(JSON.parse(json.stdout).exitCode, 2);
      });

    it('for a store that is none, in one line', async (test) => {
      const file = put(test, 'store.db', 'no database. '.repeat(400));
      const { code, stderr } = await sallyport('verify', '--store', file, '--key', vkey);
      assert.equal(code, 2);
      assert.match(stderr, /^not verified: [^\n]+\n$/);
    });

    it('and shows no control characters of what it read', async (test) => {
      const file = bundle(test, (members) => members.set('\u001b[2J\u202e', new Uint8Array()));
      const { stderr } = await sallyport('verify', '--bundle', file, '--key', vkey);
      assert.doesNotMatch(stderr, /[\u001b\u202e]/);
    });
  });

  describe('ends with 64', { concurrency: 3 }, () => {
    for (const [what, words, why] of [
      ['without a source', ['--key', 'K'], /name one of/],
      ['with two sources', ['--key', 'K', '--bundle', 'x', '--store', 'y'], /name one of/],
      ['without a key', ['--bundle', 'x'], /a key of the log is needed/],
      ['with a key that is none', ['--bundle', 'x', '--key', 'x+y+z'], /key/],
      ['with keys of two logs', ['--bundle', 'x', '--key', 'K', 'L'], /several logs/],
      [
        'with an account key that is short',
        ['--bundle', 'x', '--key', 'K', '--account', 'acme=00'],
        /NAME=KEY/,
      ],
      [
        'with an option that is none',
        ['--bundle', 'x', '--key', 'K', '--trust-me'],
        /unknown option/,
      ],
      ['with an option without its value', ['--bundle'], /argument missing/],
      ['with a word too many', ['x', '--bundle', 'x', '--key', 'K'], /too many arguments/],
    ] as const)
      it(what, async () => {
        const other = otherKey('other.example/log');
        const given = words.map((word) => ({ K: vkey, L: other })[word as string] ?? word);
        const { code, stderr } = await sallyport('verify', ...given);
        assert.equal(code, 64, stderr);
        assert.match(stderr, why);
      });
  });

  describe('ends with 66', { concurrency: 3 }, () => {
    for (const [what, words] of [
      ['for a bundle that is not there', ['--bundle', '/nowhere/bundle.zip']],
      ['for a bundle that is a folder', ['--bundle', '/tmp']],
      ['for a store that is not there', ['--store', '/nowhere/store.db']],
      ['for a log that nobody serves', ['--url', 'http://127.0.0.1:9']],
      ['for an address that is none', ['--url', 'nowhere']],
      ['for a file of keys that is not there', ['--bundle', 'x', '--key-file', '/nowhere/keys']],
      [
        'for an earlier checkpoint that is not there',
        ['--bundle', 'x', '--since', '/nowhere/kept'],
      ],
    ] as const)
      it(`${what}, in one line`, async () => {
        const { code, stdout, stderr } = await sallyport('verify', ...words, '--key', vkey);
        assert.equal(code, 66, stderr);
        assert.equal(stdout, '');
        assert.match(stderr, /^[^\n]+\n$/);
      });
  });

  it('says in its help what it ends with', async () => {
    const { code, stdout } = await sallyport('verify', '--help');
    assert.equal(code, 0);
    for (const said of [
      '0 verified',
      '1 cannot decide',
      '2 not verified',
      '3 evidence',
      '64',
      '66',
    ])
      assert.ok(stdout.includes(said), said);
  });
});

function otherKey(name: string): string {
  return formatVerifierKey(keyFor(name).verifier);
}
