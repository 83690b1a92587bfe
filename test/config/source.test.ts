import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ConfigRefused, readConfig } from '../../src/config.ts';
import { ConfigFolder, changed, smallest } from './config-folder.ts';

const folder = new ConfigFolder();
const REST = JSON.stringify(smallest()).slice(1, -1);

describe('a configuration file', () => {
  it('may be YAML', () => {
    const { product } = folder.readText(
      `# comment\nproduct:\n  name: Ours\n${Object.entries(smallest())
        .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
        .join('\n')}`,
    );
    assert.equal(product.name, 'Ours');
  });

  it('may be JSON, with tabs and a byte order mark too', () => {
    const text = JSON.stringify(changed('product', { name: 'Ours' }), null, '\t');
    assert.equal(folder.readText(`\uFEFF${text}`).product.name, 'Ours');
  });

  for (const [what, text, path, detail] of [
    ['a key given twice', `{"store": "sqlite:x.db", ${REST}}`, 'store', /given twice/],
    [
      'a deep key given twice',
      `{${REST}, "grants": {"maxDuration": "1d", "maxDuration": "2d"}}`,
      'grants.maxDuration',
      /given twice/,
    ],
    ['a tag', `{${REST}, "product": {"name": !!str Ours}}`, 'product.name', /tag/],
    ['a tag of its own', `{${REST}, "product": !ours {"name": "Ours"}}`, 'product', /tag/],
    [
      'an alias',
      `{"product": {"name": &n Ours}, ${REST}, "listen": {"host": *n}}`,
      'listen.host',
      /alias/,
    ],
    ['an alias to what holds it', `{${REST}, "services": &s {"s": *s}}`, 'services.s', /alias/],
    [
      'a merge key',
      `{${REST}, "grants": {"<<": {"maxDuration": "1d"}}}`,
      'grants["<<"]',
      /not a key here/,
    ],
    ['a number for a key', `{${REST}, "services": {7: {}}}`, 'services', /no plain text/],
    ['a list for a key', `{${REST}, "services": {[a]: {}}}`, 'services', /no plain text/],
    [
      '__proto__',
      `{${REST}, "services": {"__proto__": {"accounts": "*", "acts": ["grant.issue"]}}}`,
      'services',
      /no plain text/,
    ],
    ['constructor', `{${REST}, "constructor": {}}`, 'constructor', /not a key here/],
    ['a brace too few', `{${REST}`, '', /not valid YAML/],
    ['two documents', `{${REST}}\n---\n{${REST}}`, '', /not valid YAML/],
    ['a list', '[1, 2]', '', /mapping of keys/],
    ['plain text', 'hello', '', /mapping of keys/],
  ] as const) {
    it(`is refused with ${what}`, () => {
      const [mistake, ...more] = folder.refuseText(text);
      assert.deepEqual([mistake?.path, more.length], [path, 0], JSON.stringify([mistake, ...more]));
      assert.match(mistake?.detail ?? '', detail);
    });
  }

  for (const text of ['', '# nothing\n', '{}']) {
    it(`lacks every required key if it is ${JSON.stringify(text)}`, () => {
      assert.deepEqual(
        folder.refuseText(text).map(({ path }) => path),
        ['publicUrl', 'accountUrl', 'store', 'staff', 'upstreams', 'log'],
      );
    });
  }

  it('is refused if it is not there, is a folder, or is no text', () => {
    const binary = folder.write('binary.yaml', new Uint8Array([0xff, 0xfe, 0x00]));
    for (const file of [join(folder.path, 'nothing.yaml'), folder.path, binary]) {
      assert.throws(
        () => readConfig({ file, env: {} }),
        (error: unknown) =>
          error instanceof ConfigRefused &&
          error.mistakes.length === 1 &&
          error.mistakes[0]?.path === '',
      );
    }
  });
});

describe('a variable of the environment', () => {
  it('takes the place of ${NAME} in a text', () => {
    const settings = changed('product.name', 'The ${A}-${B_2} product');
    assert.equal(
      folder.read(settings, { A: 'one', B_2: 'two' }).product.name,
      'The one-two product',
    );
  });

  it('may give a port', () => {
    assert.equal(
      folder.read(changed('listen.port', '${PORT}'), { PORT: '9443' }).listen.port,
      9443,
    );
  });

  it('is not looked for again in what it gave, and gives text only', () => {
    const settings = changed('product.name', '${A}');
    assert.equal(folder.read(settings, { A: '${B}' }).product.name, '${B}');
    assert.equal(folder.read(settings, { A: '{"x": [1]}' }).product.name, '{"x": [1]}');
  });

  it('is left alone after $$, and a dollar alone is a dollar', () => {
    assert.equal(
      folder.read(changed('product.name', '$${A} costs $5'), { A: 'x' }).product.name,
      '${A} costs $5',
    );
  });

  it('may be empty, where the value may be', () => {
    folder.assertRefused(
      changed('product.name', '${EMPTY}'),
      'product.name',
      /EMPTY, which is not set/,
    );
    const mistakes = folder.refuse(changed('product.name', '${EMPTY}'), { EMPTY: '' });
    assert.deepEqual(
      mistakes.map(({ path, detail }) => [path, detail]),
      [['product.name', 'must not be empty']],
    );
  });

  for (const [path, value] of [
    ['publicUrl', 'https://${UNSET}.example.com'],
    ['staff.clientSecret', '${UNSET}'],
    ['session.idle', '${UNSET}'],
    ['upstreams[0].paths[0]', '/${UNSET}'],
    ['product.name', '${toString}'],
    ['product.name', '${__proto__}'],
  ] as const) {
    it(`is a mistake at ${path} alone if it is not set (${value})`, () => {
      folder.assertRefused(
        changed(path, value),
        path,
        /needs the environment variable \w+, which is not set/,
      );
    });
  }

  it('is a mistake at the file of a secret alone if it is not set', () => {
    const settings = changed('staff.clientSecret', undefined);
    Object.assign(settings['staff'] as object, { clientSecretFile: '${UNSET}' });
    folder.assertRefused(settings, 'staff.clientSecretFile', /UNSET/);
  });

  for (const value of ['${}', '${A', '${A B}', '${a-b}', '${1A}', '${A:-x}', 'x ${']) {
    it(`cannot be written ${value}`, () => {
      folder.assertRefused(changed('product.name', value), 'product.name', /without a name/);
    });
  }

  it('does not stand for a key', () => {
    const mistakes = folder.refuse({ ...smallest(), '${KEY}': {} }, { KEY: 'product' });
    assert.deepEqual(
      mistakes.map(({ path }) => path),
      ['["${KEY}"]'],
    );
  });
});
