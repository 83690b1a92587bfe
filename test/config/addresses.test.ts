import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { change, ConfigFolder, changed, smallest } from './config-folder.ts';

const folder = new ConfigFolder();

function refuses(
  path: string,
  values: readonly (readonly [value: unknown, detail: RegExp])[],
): void {
  for (const [value, detail] of values) {
    it(`cannot be ${JSON.stringify(value)}`, () =>
      folder.assertRefused(changed(path, value), path, detail));
  }
}

const NO_ORIGIN: readonly (readonly [string, RegExp])[] = [
  ['', /must/],
  ['sallyport.example.com', /must/],
  ['ftp://a.example.com', /must/],
  ['https://', /must/],
  ['https:a.example.com', /must/],
  ['https:///a.example.com', /must/],
  ['https://a b.example.com', /must/],
  ['https://user@a.example.com', /must/],
  ['https://user:pw@a.example.com', /must/],
  ['https://@a.example.com', /must/],
  ['https://a.example.com/path', /must/],
  ['https://a.example.com//', /must/],
  ['https://a.example.com?', /must/],
  ['https://a.example.com?x=1', /must/],
  ['https://a.example.com#', /must/],
  ['https://a.example.com\\b', /must/],
  ['https://a.example.com:', /must/],
  ['https://a.example.com:x', /must/],
  ['https://a.example.com:65536', /valid/],
  ['https://a.example.com:0', /port/],
  ['https://a.example.com.', /host/],
  ['https://a..example.com', /host/],
  ['https://.example.com', /host/],
  ['https://-a.example.com', /host/],
  ['https://*.example.com', /host/],
  [`https://${'a'.repeat(64)}.example.com`, /host/],
  ['https://exämple.com', /usual form, which is xn--/],
  ['https://%61.example.com', /usual form/],
  ['https://127.1', /usual form, which is 127\.0\.0\.1/],
  ['https://0x7f.0.0.1', /usual form/],
  ['https://a.example.com\n', /must/],
];

describe('publicUrl', () => {
  it('is an origin in its normal form', () => {
    assert.deepEqual(
      folder.read(changed('publicUrl', 'HTTPS://Sallyport.Example.com:443/')).publicUrl,
      {
        origin: 'https://sallyport.example.com',
        scheme: 'https',
        hostname: 'sallyport.example.com',
        port: 443,
      },
    );
  });

  refuses('publicUrl', NO_ORIGIN);
  refuses('publicUrl', [
    ['http://sallyport.example.com', /must be https/],
    ['http://127.0.0.1:8080', /must be https/],
    ['http://[::1]:8080', /must be https/],
    ['http://localhost.example.com', /must be https/],
    ['http://notlocalhost', /must be https/],
    ['https://{account}.example.com', /must not contain/],
    ['https://a.accounts.example.com', /accountUrl gives to an account/],
    ['https://sallyport.accounts.example.com:8443', /accountUrl gives to an account/],
    [7, /must be a text/],
  ]);

  for (const host of ['localhost', 'sallyport.localhost']) {
    it(`may be http on ${host}`, () => {
      const settings = changed('publicUrl', `http://${host}:8080`);
      settings['accountUrl'] = 'http://{account}.accounts.localhost:8080';
      assert.equal(folder.read(settings).publicUrl.port, 8080);
    });
  }

  it('may have a host beside those of the accounts', () => {
    for (const host of ['accounts.example.com', 'a.b.accounts.example.com']) {
      assert.equal(folder.read(changed('publicUrl', `https://${host}`)).publicUrl.hostname, host);
    }
  });
});

describe('accountUrl', () => {
  it('may have the account first or in the middle', () => {
    const middle = 'https://app.{account}.Example.com:8443/';
    assert.deepEqual(folder.read(changed('accountUrl', middle)).accountUrl, {
      template: 'https://app.{account}.example.com:8443',
      scheme: 'https',
      hostBefore: 'app.',
      hostAfter: '.example.com',
      port: 8443,
    });
  });

  refuses(
    'accountUrl',
    NO_ORIGIN.filter(([text]) => text.includes('a.example.com')).map(
      ([text]) => [text.replace('a.example', '{account}.example'), /./] as const,
    ),
  );
  refuses('accountUrl', [
    ['https://accounts.example.com', /exactly once/],
    ['https://{account}.{account}.example.com', /exactly once/],
    ['https://{Account}.example.com', /exactly once/],
    ['https://{ account }.example.com', /exactly once/],
    ['https://x{account}.example.com', /whole label/],
    ['https://{account}-x.example.com', /whole label/],
    ['https://accounts.example.com/{account}', /must be an origin/],
    ['https://accounts.example.com:{account}', /must be an origin/],
    ['https://{account}@accounts.example.com', /must be an origin/],
    ['https://{account}', /domain behind/],
    ['https://app.{account}', /domain behind/],
    ['https://account0probe.{account}.example.com', /exactly once/],
    ['https://{account}.{other}.example.com', /host/],
    [`https://{account}.${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(62)}`, /too long/],
    ['http://{account}.accounts.example.com', /must be https/],
    ['http://{account}.accounts.localhost', /scheme of publicUrl/],
  ]);
});

describe('the target of an upstream', () => {
  for (const [text, origin, hostname, port] of [
    ['https://app.internal', 'https://app.internal', 'app.internal', 443],
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000', '127.0.0.1', 9000],
    ['http://127.8.8.8', 'http://127.8.8.8', '127.8.8.8', 80],
    ['http://[::1]:9000/', 'http://[::1]:9000', '::1', 9000],
    ['http://localhost:9000', 'http://localhost:9000', 'localhost', 9000],
    ['http://app.localhost', 'http://app.localhost', 'app.localhost', 80],
    ['https://my_app:8443', 'https://my_app:8443', 'my_app', 8443],
    ['https://10.0.0.7', 'https://10.0.0.7', '10.0.0.7', 443],
  ] as const) {
    it(`may be ${text}`, () => {
      const { target } =
        folder.read(changed('upstreams[0].target', text)).upstreams[0] ?? assert.fail();
      assert.deepEqual(target, {
        origin,
        scheme: origin.split(':')[0],
        hostname,
        port,
        isPerAccount: false,
      });
    });
  }

  it('may have the account in its host', () => {
    const { target } =
      folder.read(changed('upstreams[0].target', 'http://{account}.apps.localhost:9000'))
        .upstreams[0] ?? assert.fail();
    assert.deepEqual(target, {
      origin: 'http://{account}.apps.localhost:9000',
      scheme: 'http',
      hostname: '{account}.apps.localhost',
      port: 9000,
      isPerAccount: true,
    });
  });

  refuses('upstreams[0].target', NO_ORIGIN);
  refuses('upstreams[0].target', [
    ['http://app.internal', /must be https/],
    ['http://10.0.0.7', /must be https/],
    ['http://128.0.0.1', /must be https/],
    ['http://127.0.0.1.example.com', /must be https/],
    ['http://0.0.0.0', /must be https/],
    ['http://[::2]', /must be https/],
    ['http://[::ffff:7f00:1]', /must be https/],
    ['http://{account}.internal', /must be https/],
    ['https://{account}', /domain behind/],
    ['http://127.0.0.{account}', /domain behind/],
    ['https://app.internal/{account}', /must be an origin/],
    ['https://app.internal:{account}', /must be an origin/],
    ['https://{account}.{account}.internal', /exactly once/],
    ['https://x-{account}.internal', /whole label/],
    ['https://sallyport.example.com', /gateway itself/],
    ['https://acme.accounts.example.com', /gateway itself/],
    ['https://{account}.accounts.example.com', /gateway itself/],
    ['http://127.0.0.1:8080', /gateway itself/],
  ]);
});

for (const [path, secret] of [
  ['staff.issuer', ''],
  ['owners.issuer', 'x'],
] as const) {
  describe(path, () => {
    const withIssuer = (issuer: unknown) => {
      const settings = smallest();
      if (secret !== '')
        change(settings, 'owners', { clientId: 'sallyport', clientSecret: secret });
      change(settings, path, issuer);
      return settings;
    };

    for (const issuer of [
      'https://id.example.com/realms/staff',
      'https://id.example.com/',
      'http://127.0.0.1:4000',
      'http://id.localhost/x',
    ]) {
      it(`may be ${issuer}, and is kept as it is written`, () => {
        const config = folder.read(withIssuer(issuer));
        assert.equal(path === 'staff.issuer' ? config.staff.issuer : config.owners?.issuer, issuer);
      });
    }

    for (const issuer of [
      '',
      'id.example.com',
      'http://id.example.com',
      'https://id.example.com?',
      'https://id.example.com/#',
      'https://id.example.com/?x',
      'https://user@id.example.com',
      'https:id.example.com',
      'https://id example.com',
      'https://id.example.com\\x',
      ' https://id.example.com',
      'https://',
      'http://[::2]/',
      7,
    ]) {
      it(`cannot be ${JSON.stringify(issuer)}`, () =>
        folder.assertRefused(withIssuer(issuer), path, /^must/));
    }
  });
}

describe('trustedProxies', () => {
  it('are addresses and networks of both families', () => {
    const written = ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1'];
    assert.deepEqual(folder.read(changed('trustedProxies', written)).trustedProxies, [
      { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
      { address: '192.0.2.7', prefix: 32, family: 'ipv4' },
      { address: '2001:db8::', prefix: 32, family: 'ipv6' },
      { address: '::1', prefix: 128, family: 'ipv6' },
    ]);
  });

  for (const range of [
    '',
    'localhost',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '2001:db8::/129',
    'fe80::1%eth0',
    '[::1]',
    '*',
    '10.0.0.0-10.0.0.9',
    '0.0.0.0/0',
    '::/0',
    ' 10.0.0.1',
    'loopback',
    10,
  ]) {
    it(`cannot name ${JSON.stringify(range)}`, () => {
      folder.assertRefused(
        changed('trustedProxies', ['10.0.0.1', range]),
        'trustedProxies[1]',
        /^(must|would)/,
      );
    });
  }
});

describe('listen', () => {
  refuses('listen.port', [
    [-1, /65535/],
    [65_536, /65535/],
    [1.5, /whole/],
    ['http', /whole number|a number/],
    ['80 ', /number/],
    [null, /empty/],
  ]);
  refuses('listen.host', [
    ['', /host/],
    ['a b', /host/],
    ['[::1]', /host/],
    ['127.0.0.1:80', /host/],
    ['http://x', /host/],
  ]);

  for (const host of ['0.0.0.0', '::', '::1', 'localhost', 'Gateway-1.internal']) {
    it(`may be on ${host}`, () =>
      assert.equal(folder.read(changed('listen.host', host)).listen.host, host));
  }

  it('has an admin address apart from its own', () => {
    const admin = { host: '127.0.0.1', port: 9090 };
    assert.deepEqual(folder.read(changed('listen.admin', admin)).listen.admin, admin);
    folder.assertRefused(
      changed('listen.admin', { host: '127.0.0.1', port: 8080 }),
      'listen.admin',
      /listen itself/,
    );
    folder.assertRefused(
      changed('listen.admin', { host: '127.0.0.1' }),
      'listen.admin.port',
      /required/,
    );
  });
});

describe('notices', () => {
  const mail = (smtp: unknown, from: unknown = 'a@example.com') =>
    changed('notices.mail', { smtp, from });

  for (const smtp of [
    '',
    'mail.example.com',
    'http://mail.example.com',
    'smtp:mail',
    'smtp://',
    'smtp://a/b',
    'smtp://a?x=1',
    'smtp://a b',
  ]) {
    it(`cannot go to ${JSON.stringify(smtp)}`, () =>
      folder.assertRefused(mail(smtp), 'notices.mail.smtp', /^must/));
  }

  for (const from of ['', 'a', 'a@', '@b', 'a b@c', 'a@b\r\nBcc: c@d', 'A <a@b>', 'a@b,c@d']) {
    it(`cannot come from ${JSON.stringify(from)}`, () => {
      folder.assertRefused(mail('smtp://a', from), 'notices.mail.from', /e-mail/);
    });
  }

  it('keep the password of a mail server out of sight', () => {
    const { notices } = folder.read(mail('smtps://me:hunter2@mail.example.com:465'));
    assert.equal(notices?.mail?.server, 'mail.example.com:465');
    assert.match(notices?.mail?.smtp.reveal() ?? '', /hunter2/);
    assert.doesNotMatch(JSON.stringify(notices), /hunter2/);
  });

  for (const url of [
    'http://hooks.example.com',
    'https://u:p@hooks.example.com',
    'https://hooks.example.com/#x',
    'hooks',
  ]) {
    it(`cannot be posted to ${url}`, () => {
      folder.assertRefused(
        changed('notices.webhooks', [{ url, secret: 's' }]),
        'notices.webhooks[0].url',
        /^must/,
      );
    });
  }

  it('are signed, so a webhook needs a secret', () => {
    const webhooks = [
      { url: 'https://hooks.example.com/x?y', secret: 's' },
      { url: 'http://127.0.0.1:1/' },
    ];
    folder.assertRefused(
      changed('notices.webhooks', webhooks),
      'notices.webhooks[1].secret',
      /is required, or secretFile/,
    );
  });
});
