import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Problem, problemBody, PROBLEMS } from '../../src/domain/problem.ts';

const page = readFileSync(new URL('../../docs/problems.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \| ([^|]+?) \| ([^|]+?) \|$/gm)];

describe('docs/problems.md', () => {
  it('lists every problem once, with its status and title, in the order of the table', () => {
    assert.deepEqual(
      rows.map(([, code, status, title]) => [code, Number(status), title]),
      Object.entries(PROBLEMS).map(([code, { status, title }]) => [code, status, title]),
    );
  });

  it('says of each what to do', () => {
    for (const [, code, , , advice = ''] of rows) {
      assert.match(advice, /^[A-Z].{20,}\.$/, code);
    }
  });
});

describe('a problem', () => {
  it('has statuses of refusals only', () => {
    for (const [code, { status }] of Object.entries(PROBLEMS)) {
      assert.ok(status >= 400 && status < 600, code);
    }
  });

  it('is told with a type that ends in its code', () => {
    const problem = new Problem('no-basis', 'Nothing covers you.');
    assert.deepEqual(problemBody(problem, 'https://a.example'), {
      type: 'https://a.example/problems/no-basis',
      title: 'Nothing lets you into this account now',
      status: 403,
      detail: 'Nothing covers you.',
    });
  });

  it('names mistakes and the page with the way in, if it has any', () => {
    const errors = [{ pointer: '/scope', detail: 'There is no such scope.' }];
    const requestUrl = 'https://a.example/enter?account=acme';
    const body = problemBody(new Problem('invalid-request', 'No.', { errors, requestUrl }), '');
    assert.deepEqual(body['errors'], errors);
    assert.equal(body['requestUrl'], requestUrl);
    assert.equal(body['type'], '/problems/invalid-request');
  });
});
