import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What stands at the disposal of every line below: things that only their own rooms make. */
const GIVEN = `
import type { Decision, Denial, Permit } from 'src/domain/decision.ts';
import type { AccessAttempted, AccessFinished, AccessRefused, Event } from 'src/domain/event.ts';
import type { Exchange, Exchanges } from 'src/gateway/exchanges.ts';
import { forward } from 'src/gateway/forward.ts';
import type { Gateway } from 'src/gateway/gateway.ts';
import type { Recorded } from 'src/recorder/recorded.ts';
import type { Recorder } from 'src/recorder/recorder.ts';
type Rest = Parameters<typeof forward> extends [unknown, ...infer Others] ? Others : never;
declare const rest: Rest;
declare const recorder: Recorder;
declare const exchanges: Exchanges;
declare const gateway: Gateway;
declare const permit: Permit;
declare const denial: Denial;
declare const decision: Decision;
declare const event: AccessAttempted;
declare const refused: AccessRefused;
declare const attempted: Recorded<AccessAttempted>;
declare const finished: Recorded<AccessFinished>;
declare const anything: Recorded<Event>;
const { permit: _, ...withoutPermit } = event;
const { outcome, visit, access, basis, scope, role, rule, policy, expiresAt } = permit;
const madeUp = { outcome, visit, access, basis, scope, role, rule, policy, expiresAt } as const;
const recording = await recorder.recordAttempt(event);
`;

/** One line each. */
const RIGHT: Record<string, string> = {
  'a recorded attempt is forwarded': 'void forward(attempted, ...rest);',
  'what the recorder answers is forwarded, if it was recorded':
    "if (recording.outcome === 'recorded') void forward(recording.recorded[0], ...rest);",
  'an attempt with a permit is recorded': 'void recorder.recordAttempt(event);',
  'a decision is recorded if it is a permit':
    "if (decision.outcome === 'permit') void recorder.recordAttempt({ ...event, permit: decision });",
  'an exchange is opened for a permit': 'exchanges.open(permit);',
};

const WRONG: Record<string, string> = {
  'an attempt that is not recorded is forwarded': 'void forward(event, ...rest);',
  'the event of a recorded attempt is forwarded': 'void forward(attempted.event, ...rest);',
  'a made-up record is forwarded': 'void forward({ index: 1, at: 0, event }, ...rest);',
  'the end of another access is forwarded': 'void forward(finished, ...rest);',
  'the record of another event is forwarded under this one':
    'void forward({ ...finished, event }, ...rest);',
  'a record is forwarded with another event in it':
    'void forward({ ...attempted, event }, ...rest);',
  'a record of anything is forwarded': 'void forward(anything, ...rest);',
  'what the recorder may still refuse is forwarded':
    'void forward(recorder.recordAttempt(event), ...rest);',
  'what the recorder may have refused is forwarded':
    'void forward(recording.recorded[0], ...rest);',
  'a permit is forwarded': 'void forward(permit, ...rest);',
  'nothing is forwarded': 'void forward(undefined, ...rest);',
  'an attempt is forwarded without its exchange': 'void forward(attempted);',
  'an attempt without a permit is recorded': 'void recorder.recordAttempt(withoutPermit);',
  'an attempt on a denial is recorded':
    'void recorder.recordAttempt({ ...event, permit: denial });',
  'an attempt on an open decision is recorded':
    'void recorder.recordAttempt({ ...event, permit: decision });',
  'an attempt on a made-up permit is recorded':
    'void recorder.recordAttempt({ ...event, permit: madeUp });',
  'an attempt on a stretched permit is recorded':
    'void recorder.recordAttempt({ ...event, permit: { ...permit, expiresAt: Infinity } });',
  'a refusal is recorded as an attempt': 'void recorder.recordAttempt(refused);',
  'an exchange is opened for a denial': 'exchanges.open(denial);',
  'an exchange is opened for an open decision': 'exchanges.open(decision);',
  'an exchange is opened for a made-up permit': 'exchanges.open(madeUp);',
  'an exchange is given another permit':
    '((exchange: Exchange) => { exchange.permit = permit; })(exchanges.open(permit));',
  'an access is finished that was never recorded':
    'gateway.finish({ recorded: event, exchange: exchanges.open(permit) }, {} as never);',
};

describe('the compiler', () => {
  let folder: string;
  let refusedLines: ReadonlySet<number>;
  const given = GIVEN.trim().split('\n');
  const lines = [...Object.values(RIGHT), ...Object.values(WRONG)];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-types-'));
    refusedLines = compile(folder, [...given, ...lines].join('\n'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has nothing against what the lines are given', () => {
    const own = [...refusedLines].filter((line) => line <= given.length);
    assert.deepEqual(own, []);
  });

  const lineOf = (text: string): number => given.length + 1 + lines.indexOf(text);
  for (const [name, text] of Object.entries(RIGHT))
    it(`accepts that ${name}`, () => {
      assert.ok(!refusedLines.has(lineOf(text)));
    });

  for (const [name, text] of Object.entries(WRONG))
    it(`refuses that ${name}`, () => {
      assert.ok(refusedLines.has(lineOf(text)));
    });
});

/** Compiles a text under the project's own settings; answers with the lines that are refused. */
function compile(folder: string, text: string): ReadonlySet<number> {
  const sources = join(relative(folder, ROOT), 'src');
  writeFileSync(join(folder, 'order.ts'), text.replaceAll("'src/", `'${sources}/`));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const settings = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { noUnusedLocals: false, typeRoots: [join(ROOT, 'node_modules/@types')] },
    include: [],
    files: ['order.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const { stdout, error } = spawnSync(tsc, ['-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
    cwd: folder,
  });
  if (error !== undefined) throw error;
  const refused = new Set<number>();
  for (const line of stdout.split('\n')) {
    if (line === '' || line.startsWith(' ')) continue;
    const [, at] = /^order\.ts\((\d+),\d+\): error TS\d+: /.exec(line) ?? [];
    if (at === undefined) throw new Error(`the compiler said: ${stdout}`);
    refused.add(Number(at));
  }
  return refused;
}
