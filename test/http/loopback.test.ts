import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { loopbackFetch } from '../../src/http/loopback-fetch.ts';
import { isLocalhostName, loopbackLookup } from '../../src/http/loopback-lookup.ts';

type Found = string | LookupAddress[];

async function find(hostname: string, options: { all?: boolean; family?: number }): Promise<Found> {
  return new Promise((resolve, reject) => {
    loopbackLookup(hostname, options, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });
}

describe('loopbackLookup', () => {
  it('answers 127.0.0.1 for localhost and every name below it', async () => {
    for (const name of ['localhost', 'acme.accounts.localhost', 'LocalHost', 'a.localhost.']) {
      assert.equal(await find(name, {}), '127.0.0.1', name);
    }
  });

  it('answers a list when all addresses are wanted', async () => {
    assert.deepEqual(await find('sallyport.localhost', { all: true }), [
      { address: '127.0.0.1', family: 4 },
    ]);
  });

  it('answers ::1 to a caller that insists on IPv6', async () => {
    assert.deepEqual(await find('a.localhost', { all: true, family: 6 }), [
      { address: '::1', family: 6 },
    ]);
  });

  it('never answers before the call has returned', async () => {
    let returned = false;
    const answeredLater = new Promise<boolean>((resolve) => {
      loopbackLookup('localhost', {}, () => resolve(returned));
    });
    returned = true;
    assert.equal(await answeredLater, true);
  });

  it('leaves every other name to the resolver', async () => {
    assert.equal(await find('127.0.0.2', {}), '127.0.0.2');
    assert.deepEqual(await find('127.0.0.2', { all: true }), [{ address: '127.0.0.2', family: 4 }]);
  });
});

describe('isLocalhostName', () => {
  it('is not taken in by names that only look local', () => {
    for (const name of ['localhost.example', 'notlocalhost', 'localhost.localdomain', '', '.']) {
      assert.equal(isLocalhostName(name), false, name);
    }
  });
});

describe('loopbackFetch', () => {
  it('reaches a name below localhost and keeps it as the Host', async (t) => {
    const server = createServer((req, res) => res.end(`${req.headers.host} ${req.headers['x-a']}`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    const { port } = server.address() as AddressInfo;
    const url = `http://acme.accounts.localhost:${port}/`;
    const answer = await loopbackFetch(url, { headers: new Headers({ 'x-a': 'b' }) });
    assert.equal(await answer.text(), `acme.accounts.localhost:${port} b`);
  });

  it('sends a body and hands out redirects when asked to', async (t) => {
    const server = createServer((req, res) => {
      req.setEncoding('utf8').on('data', (text: string) => {
        res.writeHead(303, { Location: `/${text}` }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    const { port } = server.address() as AddressInfo;
    const answer = await loopbackFetch(`http://a.localhost:${port}/`, {
      method: 'POST',
      body: new URLSearchParams({ a: '1' }),
      redirect: 'manual',
    });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/a=1');
  });
});
