import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runProgram } from '../cli/run-program.ts';
import { type InstalledPackage, installPackage } from './installed-package.ts';

const skip =
  process.env['SALLYPORT_PACKAGE'] === '1'
    ? false
    : 'packing and installing takes a while: npm run test:package (CI always does)';

describe('the packed package, installed for production', { skip }, () => {
  let installed: InstalledPackage;
  let command: string;

  before(() => {
    installed = installPackage();
    // What `npx sallyport` runs; npx itself would keep the signal and the exit code from us.
    command = join(installed.folder, 'node_modules/.bin/sallyport');
  });
  after(() => installed?.remove());

  const sallyport = (...args: string[]) =>
    runProgram(command, args, { cwd: installed.folder, env: installed.env });

  it('holds what is needed to run it, and neither sources nor tests', () => {
    const needed = ['bin/sallyport.js', 'dist/main.js', 'dist/upstream/index.js']
      .concat(['dist/upstream/index.d.ts', 'dist/verify.html', 'policy.conf', 'policy.csv'])
      .concat(['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json']);
    assert.deepEqual(
      needed.filter((name) => !installed.files.includes(name)),
      [],
    );
    const surplus = installed.files.filter((name) =>
      /^(?:src|test|tools|node_modules)\//.test(name),
    );
    assert.deepEqual(surplus, []);
  });

  it('serves from a small configuration and ends with 0 on SIGTERM', async () => {
    const port = await freePort();
    writeFileSync(join(installed.folder, 'sallyport.json'), JSON.stringify(configuration(port)));
    const gateway = sallyport('serve', '--config', 'sallyport.json');
    try {
      await gateway.says(/^sallyport listening on http:\/\/\S+$/m);
      assert.equal(await statusOf(port, '/healthz'), 200);
    } finally {
      gateway.signal('SIGTERM');
    }
    const { code, signal, stderr } = await gateway.ended;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
  });

  it('hands out the verifier that runs in a browser', async () => {
    const { code, stderr } = await sallyport('verify', '--page', 'verify.html').ended;
    assert.equal(code, 0, stderr);
    const page = readFileSync(join(installed.folder, 'verify.html'), 'utf8');
    assert.match(page, /default-src 'none'; script-src 'sha256-/);
    const { code: again } = await sallyport('verify', '--page', 'verify.html').ended;
    assert.equal(again, 66, 'nothing is written over');
  });

  it('refuses the demo, which needs development packages, with a message and 78', async () => {
    const { code, stderr } = await sallyport('demo').ended;
    assert.equal(code, 78, stderr);
    assert.match(stderr, /development/);
  });

  it('gives applications the verifier of assertions', async () => {
    const program = "import('sallyport/upstream').then((m) => console.log(Object.keys(m).join()))";
    const { stdout, code, stderr } = await runProgram(process.execPath, ['-e', program], {
      cwd: installed.folder,
      env: installed.env,
    }).ended;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /requireAssertion/);
  });
});

function configuration(port: number): object {
  return {
    listen: { host: '127.0.0.1', port },
    publicUrl: `http://sallyport.localhost:${port}`,
    accountUrl: `http://{account}.accounts.localhost:${port}`,
    store: 'sqlite:data/sallyport.db',
    staff: {
      // Nobody answers here: the gateway must start, and stay healthy, without its provider.
      issuer: 'http://127.0.0.1:9/staff',
      clientId: 'sallyport',
      clientSecret: 'a secret for this test alone',
      rolesClaim: 'groups',
      roles: { support: ['support'] },
    },
    upstreams: [{ name: 'console', target: 'http://127.0.0.1:9', paths: ['/'] }],
    log: { origin: 'sallyport.example.com/access' },
  };
}

/** A port that was free a moment ago: the addresses in the configuration must name it beforehand. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

function statusOf(port: number, path: string): Promise<number | undefined> {
  const headers = { host: `sallyport.localhost:${port}`, connection: 'close' };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
