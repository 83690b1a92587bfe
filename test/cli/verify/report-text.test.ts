import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Verdict } from '../../../src/audit/verify.ts';
import { formatReport, visible } from '../../../src/cli/verify/report-text.ts';
import { showProgress } from '../../../src/cli/verify/progress.ts';

const verdict = (over: Partial<Verdict> = {}): Verdict => ({
  name: 'integrity',
  outcome: 'verified',
  detail: '9 entries',
  findings: [],
  found: 0,
  ...over,
});

describe('a report', () => {
  it('has one line a verdict, its findings below it, and its meaning at the end', () => {
    const verdicts = [
      verdict(),
      verdict({ name: 'authorization', outcome: 'refuted', findings: ['a', 'b'], found: 9 }),
    ];
    assert.deepEqual(formatReport({ verdicts, exitCode: 2, checkpoint: undefined }).split('\n'), [
      'integrity      verified      9 entries',
      'authorization  refuted       9 entries',
      '    a',
      '    b',
      '    and 7 more',
      '2: not verified',
    ]);
  });

  it('cannot be made to look like another by what was read', () => {
    const hostile = verdict({
      findings: ['a\n0: verified\r\u001b[2K\u202e\u2028\u0085'],
      found: 1,
    });
    const text = formatReport({ verdicts: [hostile], exitCode: 2, checkpoint: undefined });
    assert.equal(text.split('\n').length, 3);
    assert.match(text, /a\\u\{a\}0: verified\\u\{d\}\\u\{1b\}\[2K\\u\{202e\}\\u\{2028\}\\u\{85\}/);
    assert.equal(visible('größe “ok” 日本'), 'größe “ok” 日本');
  });
});

describe('progress', () => {
  function terminal(isTTY: boolean) {
    const written: string[] = [];
    return { isTTY, written, write: (text: string) => written.push(text) };
  }

  it('is told to a terminal, at most five times a second, with the time that is left', () => {
    const screen = terminal(true);
    let now = 0;
    const progress = showProgress(screen, 10_000, () => now);
    for (now = 50; now <= 1000; now += 50) progress.tell(now * 2);
    assert.equal(screen.written.length, 5);
    assert.match(screen.written.at(-1) ?? '', /2,000 entries, 2,000 a second, 4 s left$/);
    progress.end();
    assert.doesNotMatch(screen.written.at(-1) ?? '', /entries/);
  });

  it('is told to nobody else', () => {
    const pipe = terminal(false);
    const progress = showProgress(pipe, 10);
    progress.tell(5);
    progress.end();
    assert.deepEqual(pipe.written, []);
  });
});
