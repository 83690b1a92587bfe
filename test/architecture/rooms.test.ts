import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ROOMS, violations } from './rooms.ts';
import { readSources } from './sources.ts';

describe('the house', () => {
  const sources = readSources();

  it('has sources to read', () => {
    assert.ok(sources.length > 20, `only ${sources.length} files under src/`);
  });

  it('keeps every file to what its room may import', () => {
    assert.deepEqual(
      sources.flatMap(({ path, text }) => violations(path, text)),
      [],
    );
  });
});

describe('the floor table', () => {
  it('has every arrow point to a lower floor', () => {
    for (const [name, room] of Object.entries(ROOMS)) {
      if (typeof room.from === 'string') continue; // the roof
      for (const lower of [...room.from, ...(room.typesFrom ?? [])]) {
        const floor = ROOMS[lower]?.floor ?? Number.POSITIVE_INFINITY;
        assert.ok(floor < room.floor, `${name} → ${lower} does not point down`);
      }
    }
  });
});

/** Asserts that this made-up file is refused, and that the sentence names the culprit. */
function isRefused(path: string, text: string, culprit: RegExp): void {
  const found = violations(path, text);
  assert.equal(found.length, 1, `expected one violation, found: ${JSON.stringify(found)}`);
  assert.match(found[0] ?? '', culprit);
}

function isAccepted(path: string, text: string): void {
  assert.deepEqual(violations(path, text), []);
}

describe('the judge of imports refuses', () => {
  it('an arrow that points up', () => {
    isRefused(
      'src/domain/grant.ts',
      "import { put } from '../store/store.ts';",
      /src\/store\/store/,
    );
  });

  it('an arrow across a floor', () => {
    isRefused('src/policy/facts.ts', "import { page } from '../http/page.ts';", /policy may not/);
  });

  it('an arrow that skips the control room', () => {
    isRefused('src/api/grants.ts', "import { record } from '../recorder/record.ts';", /recorder/);
    isRefused(
      'src/web/staff/visits.ts',
      "import type { Store } from '../../store/store.ts';",
      /store/,
    );
  });

  it('values of a room that gives types only', () => {
    isRefused('src/control/grants.ts', "import { open } from '../store/store.ts';", /src\/store/);
    isRefused(
      'src/notify/feed.ts',
      "import { type Store } from '../store/store.ts';",
      /src\/store/,
    );
  });

  it('a value beside a type statement of the same file', () => {
    const text = [
      "import type { Store } from '../store/store.ts';",
      "import { open } from '../store/store.ts';",
    ].join('\n');
    isRefused('src/control/grants.ts', text, /src\/store\/store/);
  });

  it('a statement over several lines, with remarks inside', () => {
    const text = "import {\n  // it's needed; really\n  open,\n} from '../store/store.ts';";
    isRefused('src/gateway/forward.ts', text, /src\/store/);
  });

  it('re-exports, dynamic imports and workers like imports', () => {
    isRefused('src/audit/x.ts', "export * from '../store/store.ts';", /src\/store/);
    isRefused('src/audit/x.ts', "const s = await import('../store/store.ts');", /src\/store/);
    isRefused('src/audit/x.ts', "new URL('../store/writer.ts', import.meta.url)", /src\/store/);
    isRefused('src/audit/x.ts', 'import(name)', /does not name/);
  });

  it('the roof, below the roof', () => {
    isRefused('src/gateway/gateway.ts', "import { config } from '../config.ts';", /src\/config/);
    isRefused('src/api/api.ts', "import type { Config } from '../config.ts';", /src\/config/);
    isRefused('src/config.ts', "import { main } from './main.ts';", /src\/main/);
    isRefused(
      'src/http/tls.ts',
      "import type { Tls } from '../config-types.ts';",
      /src\/config-types/,
    );
  });

  it('more than its few rooms in a chamber', () => {
    isRefused('src/cli/verify.ts', "import { open } from '../store/store.ts';", /cli\/verify/);
    isRefused('src/cli/verify/url.ts', "import { log } from '../terminal.ts';", /cli\/verify/);
    isRefused(
      'src/demo/app/app.ts',
      "import type { Grant } from '../../domain/grant.ts';",
      /demo\/app/,
    );
    isRefused(
      'src/web/browser/check.ts',
      "import { html } from '../../http/html.ts';",
      /web\/browser/,
    );
  });

  it('the world outside, in rooms that are pure', () => {
    isRefused('src/tlog/hash.ts', "import { hash } from 'node:crypto';", /node:crypto/);
    isRefused('src/audit/entry.ts', "import { hash } from 'crypto';", /crypto/);
    isRefused('src/domain/grant.ts', "import 'node:fs';", /node:fs/);
    isRefused('src/domain/grant.ts', "import { z } from 'zod';", /zod/);
    isRefused('src/tlog/hash.ts', "const c = await import('canonicalize');", /canonicalize/);
  });

  it('what lies outside the house', () => {
    isRefused('src/demo/demo.ts', "import { double } from '../../test/support/double.ts';", /test/);
  });

  it('a room that is not in the table', () => {
    isRefused('src/billing/invoice.ts', '', /no room billing/);
    isRefused('src/main/main.ts', "import { a } from '../billing/invoice.ts';", /billing/);
  });

  it('drawers, and names that are not in kebab-case', () => {
    isRefused('src/domain/utils.ts', '', /drawer/);
    isRefused('src/http/shared/page.ts', '', /drawer/);
    isRefused('src/domain/accessRequest.ts', '', /kebab-case/);
    isRefused('src/domain/Grant.ts', '', /kebab-case/);
  });
});

describe('the judge of imports accepts', () => {
  it('arrows that point down, and arrows within a room', () => {
    isAccepted('src/recorder/record.ts', "import { open } from '../store/sqlite/open.ts';");
    isAccepted('src/demo/demo.ts', "const p = await import( 'oidc-provider');");
    isAccepted('src/store/sqlite/open.ts', "import { rows } from '../rows.ts';");
    isAccepted('src/api/grants.ts', "import { issueGrant } from '../control/grants.ts';");
  });

  it('type statements where types are given', () => {
    isAccepted('src/policy/facts.ts', "import type { Reader } from '../store/store.ts';");
    isAccepted('src/http/s.ts', "export type {\n  Reader,\n} from '../store/store.ts';");
  });

  it('everything at the roof', () => {
    isAccepted(
      'src/main.ts',
      "import { a } from './store/a.ts';\nimport { b } from './http/b.ts';",
    );
    isAccepted('src/demo/demo.ts', "import { main } from '../main.ts';");
    isAccepted('src/cli/serve.ts', "import { readConfig } from '../config.ts';");
    isAccepted('src/config.ts', "import { readSource } from './config-source.ts';");
    isAccepted('src/config.ts', "import { lookup } from './http/loopback-lookup.ts';");
    isAccepted('src/config.ts', "import { duration } from './domain/time.ts';");
  });

  it('chambers within their rooms and their few neighbours', () => {
    isAccepted('src/cli/cli.ts', "import { verify } from './verify.ts';");
    isAccepted('src/cli/verify/bundle.ts', "import { replay } from '../../audit/replay.ts';");
    isAccepted('src/demo/app/app.ts', "import { verifier } from '../../upstream/index.ts';");
  });
});
