import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSources } from './sources.ts';
import { wordingViolations } from './wording.ts';

describe('the sources', () => {
  it('write only what their room may write', () => {
    assert.deepEqual(
      readSources().flatMap(({ path, text }) => wordingViolations(path, text)),
      [],
    );
  });
});

function isRefused(path: string, text: string, sentence: RegExp): void {
  const found = wordingViolations(path, text);
  assert.equal(found.length, 1, `expected one violation, found: ${JSON.stringify(found)}`);
  assert.match(found[0] ?? '', sentence);
}

function isAccepted(path: string, text: string): void {
  assert.deepEqual(wordingViolations(path, text), []);
}

describe('the judge of words refuses', () => {
  it('a permit that the judge did not make', () => {
    isRefused('src/gateway/decide.ts', 'const p = answer as Permit;', /makes a Permit/);
    isRefused('src/gateway/decide.ts', 'const p = x as unknown as Permit;', /makes a Permit/);
    isRefused('src/gateway/decide.ts', 'return x as Promise<Permit>;', /makes a Permit/);
    isRefused('src/gateway/decide.ts', 'const p = <Permit>answer;', /makes a Permit/);
    isRefused('src/recorder/decide.ts', 'const p = answer as Permit;', /makes a Permit/);
  });

  it('a record that the recorder did not make', () => {
    isRefused('src/gateway/forward.ts', 'send(x as Recorded<AccessAttempted>);', /a Recorded/);
    isRefused('src/control/grants.ts', 'return <Recorded<GrantIssued>>x;', /a Recorded/);
    isRefused('src/policy/decide.ts', 'return x as Recorded;', /a Recorded/);
  });

  it('any, in its usual places', () => {
    for (const text of [
      'let a: any;',
      'f(x as any)',
      'Map<string, any>',
      'a: any[]',
      '(a: any) => a',
    ]) {
      isRefused('src/api/grants.ts', text, /any is no type/);
    }
  });

  it('remarks that silence the compiler or the linter', () => {
    for (const text of ['// @ts-ignore', '// @ts-expect-error', '/* eslint-disable */']) {
      isRefused('src/api/grants.ts', text, /not silenced/);
    }
    isRefused('src/api/grants.ts', '// oxlint-disable-next-line no-console', /not silenced/);
    isRefused('src/api/grants.ts', '// biome-ignore lint: because', /not silenced/);
  });

  it('the engine outside the store', () => {
    isRefused('src/recorder/tail.ts', "import Database from 'better-sqlite3';", /its engine/);
    isRefused('src/cli/verify.ts', "await import('better-sqlite3');", /its engine/);
  });

  it('a commit outside the recorder', () => {
    isRefused('src/control/grants.ts', 'await store.commit(act);', /commits/);
    isRefused('src/main.ts', 'await rooms.store.commit(act);', /commits/);
    isRefused('src/notify/outbox.ts', 'this.#store.commit(act)', /commits/);
  });

  it('clocks, randomness, I/O and buffers in pure rooms', () => {
    isRefused('src/domain/grant.ts', 'const now = Date.now();', /no clock/);
    isRefused('src/domain/grant.ts', 'const now = new Date();', /no clock/);
    isRefused('src/tlog/hash.ts', 'const salt = Math.random();', /no randomness/);
    isRefused('src/domain/ids.ts', 'crypto.randomUUID()', /no randomness/);
    isRefused('src/domain/ids.ts', "console.error('x')", /no input or output/);
    isRefused('src/audit/entry.ts', 'Buffer.from(text)', /Uint8Array/);
  });
});

describe('the judge of words accepts', () => {
  it('permits and records where they are made', () => {
    isAccepted('src/policy/decide.ts', 'return decision as Permit;');
    isAccepted('src/recorder/record.ts', 'return { index } as Recorded<E>;');
  });

  it('types that only speak of them', () => {
    isAccepted('src/gateway/forward.ts', 'function send(r: Recorded<AccessAttempted>): void {}');
    isAccepted('src/gateway/decide.ts', 'const p = first<Permit>(list); // good as a Permit');
    isAccepted(
      'src/gateway/decide.ts',
      "/**\n * as Permit says\n */\nimport type { Permit as P } from 'x';",
    );
  });

  it('a remark that keeps a table in its shape', () => {
    isAccepted('src/api/grants.ts', '// biome-ignore format: a table');
  });

  it('the word any in a sentence', () => {
    isAccepted('src/api/grants.ts', "const text = 'accounts: any of these';\n// any: see above");
  });

  it('the store at home, and the clock it is given', () => {
    isAccepted('src/store/sqlite/open.ts', "import Database from 'better-sqlite3';");
    isAccepted('src/recorder/record.ts', 'await store.commit(act);');
    isAccepted('src/domain/time.ts', 'return new Date(milliseconds).toISOString();');
    isAccepted('src/store/clock.ts', 'return Date.now();');
  });
});
