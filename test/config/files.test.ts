import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { describeConfig } from '../../src/config.ts';
import { change, ConfigFolder, changed, SECRET, smallest } from './config-folder.ts';

const folder = new ConfigFolder();
folder.write('plain', 'not a folder');
folder.write('empty', '\n');
folder.write('open', `${SECRET}\n`, 0o644);
folder.write('group', `${SECRET}\n`, 0o640);
folder.write('short', 'short\n');
folder.write('binary', new Uint8Array([0xff, 0xfe]));
folder.write('good', `${SECRET}\n`);
folder.write('crlf', `${SECRET}\r\n`, 0o400);
folder.write('two', `${SECRET}\n\n`);
folder.write('open.key', SECRET, 0o604);
mkdirSync(join(folder.path, 'sub'));

function staffSecret(file: string) {
  const settings = changed('staff.clientSecretFile', file);
  change(settings, 'staff.clientSecret', undefined);
  return settings;
}

describe('a secret in a file', () => {
  it('is its text without one newline at the end', () => {
    const read = (file: string) => folder.read(staffSecret(file)).staff.clientSecret.reveal();
    assert.equal(read('good'), SECRET);
    assert.equal(read('crlf'), SECRET);
    assert.equal(read('two'), `${SECRET}\n`);
    assert.equal(read(join(folder.path, 'good')), SECRET);
    assert.equal(read('sub/../good'), SECRET);
  });

  for (const [file, detail] of [
    ['not-there', /not-there, which is not there/],
    ['plain/x', /which is not there/],
    ['sub', /no regular file/],
    ['empty', /empty/],
    ['open', /mode 0644; chmod 600/],
    ['group', /mode 0640/],
    ['binary', /UTF-8/],
    ['/dev/null', /no regular file/],
    ['', /must name a file/],
    ['a\0b', /must name a file/],
  ] as const) {
    it(`is refused if the file is ${JSON.stringify(file)}`, () => {
      folder.assertRefused(staffSecret(file), 'staff.clientSecretFile', detail);
    });
  }

  it('is refused beside one in the configuration', () => {
    folder.assertRefused(
      changed('staff.clientSecretFile', 'good'),
      'staff.clientSecretFile',
      /together with clientSecret/,
    );
    folder.assertRefused(
      changed('session', { secret: SECRET, secretFile: 'good' }),
      'session.secretFile',
      /together/,
    );
    const owners = {
      issuer: 'https://id.example.com',
      clientId: 'x',
      clientSecret: 'x',
      clientSecretFile: 'good',
    };
    folder.assertRefused(changed('owners', owners), 'owners.clientSecretFile', /together/);
  });

  it('is needed if there is none in the configuration', () => {
    folder.assertRefused(
      changed('staff.clientSecret', undefined),
      'staff.clientSecret',
      /is required, or clientSecretFile/,
    );
    const owners = { issuer: 'https://id.example.com', clientId: 'x' };
    folder.assertRefused(
      changed('owners', owners),
      'owners.clientSecret',
      /is required, or clientSecretFile/,
    );
  });
});

describe('the session secret', () => {
  it('may be in the configuration or in a file, or be made later', () => {
    const read = (session: object) => folder.read(changed('session', session)).session.secret;
    for (const session of [{ secret: SECRET }, { secretFile: 'good' }]) {
      const secret = read(session);
      assert.equal(secret.state === 'given' && secret.secret.reveal(), SECRET);
    }
    assert.deepEqual(read({ secretFile: 'new/session.key' }), {
      state: 'to-be-made',
      file: join(folder.path, 'new/session.key'),
    });
  });

  for (const [secretFile, detail] of [
    ['open', /mode 0644/],
    ['group', /mode 0640/],
    ['short', /at least 32/],
    ['empty', /empty/],
    ['sub', /no regular file/],
    ['new/deeper/session.key', /needs the folder .*deeper, which is not there/],
    ['plain/session.key', /not there|no folder/],
  ] as const) {
    it(`cannot be in ${secretFile}`, () => {
      folder.assertRefused(changed('session.secretFile', secretFile), 'session.secretFile', detail);
    });
  }

  it('is long', () =>
    folder.assertRefused(changed('session.secret', 'short'), 'session.secret', /at least 32/));
});

describe('the guard of the log', () => {
  it('may be there already, or be made later', () => {
    for (const file of ['good', 'new/log.guard'])
      assert.equal(
        folder.read(changed('log.guardFile', file)).log.guardFile,
        join(folder.path, file),
      );
  });

  it('cannot be a file that others may read', () =>
    folder.assertRefused(changed('log.guardFile', 'open'), 'log.guardFile', /mode 0644/));

  for (const file of ['data/session.key', 'data/log.key', 'data/sallyport.db'])
    it(`is not ${file}`, () => {
      folder.assertRefused(changed('log.guardFile', file), 'log.guardFile', /must not be the file/);
    });
});

describe('the key of the log', () => {
  it('may be there already, whatever its bytes are, or be made later', () => {
    for (const file of ['binary', 'good', 'new/log.key']) {
      assert.equal(folder.read(changed('log.keyFile', file)).log.keyFile, join(folder.path, file));
    }
  });

  for (const [keyFile, detail] of [
    ['open', /mode 0644/],
    ['open.key', /mode 0604/],
    ['sub', /no regular file/],
    ['new/deeper/log.key', /which is not there/],
  ] as const) {
    it(`cannot be ${keyFile}`, () =>
      folder.assertRefused(changed('log.keyFile', keyFile), 'log.keyFile', detail));
  }

  it('has a file of its own', () => {
    folder.assertRefused(
      changed('log.keyFile', 'data/session.key'),
      'log.keyFile',
      /must not be the file of session.secretFile/,
    );
    folder.assertRefused(
      changed('session.secretFile', './data/sallyport.db'),
      'session.secretFile',
      /the file of store/,
    );
  });
});

describe('the store', () => {
  for (const [store, detail] of [
    ['postgres://sallyport@db/sallyport', /^postgres is not supported by this version/],
    ['postgresql://db/x', /^postgres is not supported by this version/],
    ['', /must be sqlite:path/],
    ['data/sallyport.db', /must be sqlite:path/],
    ['sqlite:', /must be sqlite:path/],
    ['sqlite://data/x.db', /must be sqlite:path/],
    ['sqlite::memory:', /must be sqlite:path/],
    ['mysql://db/x', /must be sqlite:path/],
    ['sqlite:no/such/folder/x.db', /which is not there/],
    ['sqlite:plain/x.db', /no folder|not there/],
    [7, /must be a text/],
  ] as const) {
    it(`cannot be ${JSON.stringify(store)}`, () =>
      folder.assertRefused(changed('store', store), 'store', detail));
  }
});

describe('the files of TLS', () => {
  const tls = (certFile: string, keyFile: string) => changed('listen.tls', { certFile, keyFile });

  it('are named by their whole paths', () => {
    assert.deepEqual(folder.read(tls('open', 'good')).listen.tls, {
      certFile: join(folder.path, 'open'),
      keyFile: join(folder.path, 'good'),
    });
  });

  it('must be there, the key for its owner alone', () => {
    folder.assertRefused(tls('not-there', 'good'), 'listen.tls.certFile', /not there/);
    folder.assertRefused(tls('open', 'not-there'), 'listen.tls.keyFile', /not there/);
    folder.assertRefused(tls('open', 'open'), 'listen.tls.keyFile', /mode 0644/);
  });
});

describe('the agreement', () => {
  it('is read with its text', () => {
    folder.write('confidentiality.md', '# Keep it to yourself\n', 0o644);
    const agreement = { version: '2026-01', file: 'confidentiality.md' };
    assert.deepEqual(folder.read(changed('agreement', agreement)).agreement, {
      version: '2026-01',
      file: join(folder.path, 'confidentiality.md'),
      text: '# Keep it to yourself\n',
    });
  });

  for (const [agreement, path, detail] of [
    [{ version: '1', file: 'not-there' }, 'agreement.file', /not there/],
    [{ version: '1', file: 'empty' }, 'agreement.file', /empty/],
    [{ version: '1' }, 'agreement.file', /required/],
    [{ version: 2026, file: 'good' }, 'agreement.version', /a text \(in quotes\)/],
    [{ version: '', file: 'good' }, 'agreement.version', /empty/],
    [{ file: 'good' }, 'agreement.version', /required/],
  ] as const) {
    it(`cannot be ${JSON.stringify(agreement)}`, () =>
      folder.assertRefused(changed('agreement', agreement), path, detail));
  }
});

describe('a policy file', () => {
  for (const key of ['policy.model', 'policy.rules']) {
    it(`must be there and say something (${key})`, () => {
      folder.assertRefused(changed(key, 'not-there'), key, /not there/);
      folder.assertRefused(changed(key, 'empty'), key, /empty/);
    });
  }
});

describe('the description of a configuration', () => {
  const settings = () => {
    const all = smallest();
    change(all, 'staff.clientSecret', 'hush-staff');
    change(all, 'session.secret', `hush-session ${SECRET}`);
    change(all, 'owners', {
      issuer: 'https://id.example.com',
      clientId: 'x',
      clientSecret: 'hush-owners',
    });
    change(all, 'notices', {
      mail: { smtp: 'smtp://me:hush-mail@localhost', from: 'a@b.example' },
      webhooks: [{ url: 'https://hooks.example.com/hush-url', secret: 'hush-webhook' }],
    });
    return all;
  };

  it('is JSON without any secret, and so is whatever prints the configuration', () => {
    const config = folder.read(settings());
    const description = describeConfig(config);
    assert.deepEqual(JSON.parse(JSON.stringify(description)), description);
    for (const text of [
      JSON.stringify(description),
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      `${config.staff.clientSecret}`,
    ]) {
      assert.doesNotMatch(text, /hush/);
    }
    assert.match(JSON.stringify(description), /"clientId":"x"/);
    assert.match(description.digest, /^sha256:[0-9a-f]{64}$/);
  });

  it('has a digest that follows what it says, and no secret', () => {
    const digest = (change_: [string, unknown]) => {
      const all = settings();
      change(all, ...change_);
      return describeConfig(folder.read(all)).digest;
    };
    const before = describeConfig(folder.read(settings())).digest;
    assert.equal(digest(['staff.clientSecret', 'hush-other']), before);
    assert.notEqual(digest(['staff.roles.admin', ['everyone']]), before);
    assert.notEqual(digest(['grants.maxDuration', '31d']), before);
  });

  it('is the same before and after the key files were made', () => {
    const before = describeConfig(folder.read(changed('session.secretFile', 'later.key'))).digest;
    folder.write('later.key', SECRET);
    assert.equal(
      describeConfig(folder.read(changed('session.secretFile', 'later.key'))).digest,
      before,
    );
  });
});
