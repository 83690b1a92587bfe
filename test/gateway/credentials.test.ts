import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isVisitToken, readCredentials } from '../../src/gateway/credentials.ts';
import { type Line, messageOf } from './requests.ts';

const COOKIE = 'sallyport-visit';
const TOKEN = `spv_${'A'.repeat(43)}`;
const OTHER_TOKEN = `spv_${'B'.repeat(43)}`;
const VALUE = `spc_${'C'.repeat(43)}`;
const OTHER_VALUE = `spc_${'D'.repeat(43)}`;

function read(...lines: Line[]) {
  return readCredentials(messageOf(lines), COOKIE);
}

describe('the credentials of a request', () => {
  const tokens: [string, Line][] = [
    ['Proxy-Authorization', ['Proxy-Authorization', `Bearer ${TOKEN}`]],
    ['Authorization', ['Authorization', `Bearer ${TOKEN}`]],
    ['a scheme in another case', ['authorization', `bEARER ${TOKEN}`]],
    ['more than one space', ['Authorization', `Bearer   ${TOKEN}`]],
  ];
  for (const [place, line] of tokens)
    it(`are a token in ${place}`, () => {
      assert.deepEqual(read(line), { kind: 'token', secret: TOKEN });
    });

  it('are the same token twice, which is one', () => {
    const line: Line = ['Authorization', `Bearer ${TOKEN}`];
    assert.equal(read(line, ['Proxy-Authorization', `Bearer ${TOKEN}`]).kind, 'token');
    assert.equal(read(line, line).kind, 'token');
  });

  it('are a cookie, among others', () => {
    const expected = { kind: 'cookie', secret: VALUE };
    assert.deepEqual(read(['Cookie', `${COOKIE}=${VALUE}`]), expected);
    assert.deepEqual(read(['Cookie', `a=1;${COOKIE}=${VALUE};  b=2`]), expected);
    assert.deepEqual(read(['Cookie', 'a=1'], ['cookie', `${COOKIE} = ${VALUE} `]), expected);
  });

  it('are those of the upstream if they are none of ours', () => {
    const basic = ['Authorization', 'Basic c2FtOnNlY3JldA=='] as const;
    assert.equal(read(basic).kind, 'none');
    assert.equal(read(['Authorization', 'Bearer eyJhbGciOiJub25lIn0.e30.']).kind, 'none');
    assert.equal(read(basic, ['Proxy-Authorization', `Bearer ${TOKEN}`]).kind, 'token');
  });
});

describe('two credentials', () => {
  const pairs: [string, Line[]][] = [
    [
      'two tokens in one header',
      [
        ['Authorization', `Bearer ${TOKEN}`],
        ['Authorization', `Bearer ${OTHER_TOKEN}`],
      ],
    ],
    [
      'two tokens in two headers',
      [
        ['Authorization', `Bearer ${TOKEN}`],
        ['Proxy-Authorization', `Bearer ${OTHER_TOKEN}`],
      ],
    ],
    [
      'a token that is none and a good one',
      [
        ['Authorization', 'Bearer spv_short'],
        ['Proxy-Authorization', `Bearer ${TOKEN}`],
      ],
    ],
  ];
  for (const [name, lines] of pairs)
    it(`are ambiguous: ${name}`, () => {
      assert.equal(read(...lines).kind, 'ambiguous');
    });
});

describe('a token and a cookie', () => {
  it('are both looked at: whether they belong to one visit, their rows say', () => {
    const lines: [string, string][] = [
      ['Authorization', `Bearer ${TOKEN}`],
      ['Cookie', `${COOKIE}=${VALUE}`],
    ];
    assert.deepEqual(read(...lines), { kind: 'both', token: TOKEN, cookie: VALUE });
  });
});

describe('a cookie of ours', () => {
  const worthless: [string, string][] = [
    ['twice', `${COOKIE}=${VALUE}; ${COOKIE}=${VALUE}`],
    ['twice with other values', `${COOKIE}=${VALUE}; ${COOKIE}=${OTHER_VALUE}`],
    ['once good and once empty', `${COOKIE}=${VALUE}; ${COOKIE}=`],
    ['empty', `${COOKIE}=`],
    ['without a value', COOKIE],
    ['too short', `${COOKIE}=${VALUE.slice(0, -1)}`],
    ['too long', `${COOKIE}=${VALUE}x`],
    ['quoted', `${COOKIE}="${VALUE}"`],
    ['with a token in it', `${COOKIE}=${TOKEN}`],
    ['of another name in another case', `Sallyport-Visit=${VALUE}`],
    ['of a longer name', `x${COOKIE}=${VALUE}`],
    ['with two equals signs', `${COOKIE}==${VALUE}`],
    ['without a name', `=${COOKIE}=${VALUE}`],
    ['encoded', `${COOKIE}=${VALUE.replace('_', '%5F')}`],
    ['with bytes of no alphabet', `${COOKIE}=\u00ff\u0000${VALUE}`],
    ['behind a comma', `a=1, ${COOKIE}=${VALUE}`],
  ];
  for (const [name, value] of worthless)
    it(`is worth nothing when it comes ${name}`, () => {
      assert.deepEqual(read(['Cookie', value]), { kind: 'none' });
    });

  it('is worth nothing when it comes in two lines', () => {
    const line: Line = ['Cookie', `${COOKIE}=${VALUE}`];
    assert.equal(read(line, line).kind, 'none');
  });
});

describe('an Authorization', () => {
  for (const value of [
    `Bearer ${TOKEN}`,
    `bearer\t${TOKEN}`,
    `Bearer  ${TOKEN}`,
    `Bearer ${TOKEN}, Basic eDp5`,
    `Basic eDp5, Bearer ${TOKEN}`,
    `Token token="${TOKEN}"`,
    `Bearer${TOKEN}`.replace('Bearer', 'Bearer,'),
    TOKEN,
    'Bearer spv_',
    'Bearer spv_short',
  ])
    it(`stops here when it is ${value.replaceAll(TOKEN, 'spv_…')}`, () => {
      assert.ok(isVisitToken(value));
    });

  for (const value of ['Basic eDp5', 'Bearer eyJ.e30.x', 'Bearer xspv_1', 'Digest username="spv_"'])
    it(`is the upstream's when it is ${value}`, () => {
      assert.ok(!isVisitToken(value));
    });
});
