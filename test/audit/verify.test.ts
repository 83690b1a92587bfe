import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { VerifiableLog } from '../../src/audit/verifiable-log.ts';
import type { Verdict, VerdictName, VerifyReport } from '../../src/audit/verify.ts';
import { ACME, GLOBEX } from '../support/specimens.ts';
import { ORIGIN, ToldLog, verifyTold } from '../support/told-log.ts';
import { keyFor, signerOf, verifyEd25519 } from '../tlog/ed25519.ts';
import { addSignatures, openNote, signText } from '../../src/tlog/note.ts';
import { makeQuorum } from '../../src/tlog/quorum.ts';
import { type Edition, story, tellStory } from './verify-story.ts';

function verdictOf(report: VerifyReport, name: VerdictName): Verdict {
  const verdict = report.verdicts.find((one) => one.name === name);
  assert.ok(verdict);
  return verdict;
}

async function integrityOf(log: VerifiableLog): Promise<Verdict> {
  return verdictOf(await verifyTold(log), 'integrity');
}

async function refutes(log: VerifiableLog, name: VerdictName, finding: RegExp): Promise<void> {
  const verdict = verdictOf(await verifyTold(log), name);
  assert.equal(verdict.outcome, 'refuted', verdict.findings.join());
  assert.match(verdict.findings.join('\n'), finding);
}

/** A story, and then so many accesses that the tree has some height. */
function longStory(accesses = 40, instead: Edition['instead'] = {}): ToldLog {
  const log = tellStory({ instead: { ...instead, revoked: [], stopped: [] } });
  for (let n = 0; n < accesses; n += 1) {
    const at = log.tell(story().access);
    log.tell({ ...story().end, attempt: at } as ReturnType<typeof story>['end']);
  }
  return log;
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  const at = Math.floor(bit / 8) % copy.length;
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

describe('a log that tells the truth', () => {
  it('is verified, each verdict on its own', async () => {
    const report = await verifyTold(tellStory().whole());
    assert.deepEqual(
      report.verdicts.map(({ name, outcome, findings }) => [name, outcome, findings]),
      [
        ['integrity', 'verified', []],
        ['consistency', 'not-asked', []],
        ['authorization', 'verified', []],
        ['completeness', 'verified', []],
        ['retention', 'verified', []],
        ['witnesses', 'not-asked', []],
      ],
    );
    assert.equal(report.exitCode, 0);
  });

  it('is verified in part: from the sign-in on, with the policy beside it', async () => {
    const log = longStory();
    const report = await verifyTold(log.part({ from: 3, to: 61 }, {}, [2]));
    assert.deepEqual(
      report.verdicts.filter(({ outcome }) => !['verified', 'not-asked'].includes(outcome)),
      [],
    );
  });

  it('is verified entry by entry, with the account’s key', async () => {
    const log = longStory();
    const all = Array.from({ length: log.size }, (_, index) => index);
    const tagKeys = log.tagKeys().filter(({ whose }) => whose === 'account');
    const report = await verifyTold(log.part({ from: 0, to: 0 }, { tagKeys }, all));
    assert.equal(report.exitCode, 0, JSON.stringify(report.verdicts));
  });
});

describe('integrity', () => {
  it('is refuted by any bit of any entry that was changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(11), fc.nat(88 * 8 - 1), async (index, bit) => {
        const log = tellStory();
        const checkpoint = log.checkpoint();
        log.edit(index, ({ entry }) => ({ entry: flipped(entry, bit) }));
        const verdict = await integrityOf(log.whole({ checkpoint }));
        assert.equal(verdict.outcome, 'refuted');
      }),
      { numRuns: 150 },
    );
  });

  it('is refuted by any bit of any content or salt that was changed', async () => {
    const names = ['action', 'actor', 'subject'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 5, max: 8 }),
        fc.constantFrom(...names),
        fc.constantFrom('bytes', 'salt'),
        fc.nat(1000),
        async (index, name, part, bit) => {
          const log = tellStory();
          log.edit(index, ({ content }) => {
            const section = content?.sections[name];
            if (content === undefined || section === undefined) return {};
            const changed = { ...section, [part]: flipped(section[part], bit) };
            return { content: { ...content, sections: { ...content.sections, [name]: changed } } };
          });
          if (log.items[index]?.content?.sections[name] === undefined) return;
          assert.equal((await integrityOf(log.whole())).outcome, 'refuted');
        },
      ),
      { numRuns: 150 },
    );
  });

  const changes: readonly (readonly [string, (log: ToldLog) => void, RegExp])[] = [
    ['an entry was taken out', (log) => void log.items.splice(4, 1), /entry 4 is missing/],
    [
      'two entries changed places',
      (log) => {
        const [one, other] = log.items.splice(4, 2);
        if (one && other) log.items.splice(4, 0, { ...other, index: 4 }, { ...one, index: 5 });
      },
      /not those of the tree that was signed/,
    ],
    [
      'an entry was put in',
      (log) => {
        const extra = log.items[4];
        if (extra) log.items.splice(4, 0, extra);
        log.items.forEach((item, index) => (log.items[index] = { ...item, index }));
      },
      /not those of the tree|are said to be there/,
    ],
    ['the last entries were cut off', (log) => void log.items.splice(9), /entry 9 is missing/],
    [
      'a content was exchanged for another entry’s',
      (log) => log.edit(8, () => ({ content: log.items[7]?.content })),
      /its content is not the one it commits to/,
    ],
    [
      'a section was left out',
      (log) =>
        log.edit(8, ({ content }) => {
          const { reason, ...sections } = content?.sections ?? {};
          assert.ok(reason);
          return { content: { sections, digests: undefined } };
        }),
      /its content is not the one it commits to/,
    ],
    [
      'an entry is given twice',
      (log) => {
        const twice = log.items[4];
        if (twice) log.items.splice(4, 0, twice);
      },
      /stands behind/,
    ],
  ];
  for (const [name, change, finding] of changes)
    it(`is refuted when ${name}`, async () => {
      const log = tellStory();
      const { size } = log;
      const whole = log.whole();
      change(log);
      const items = log.items.slice();
      const changed: VerifiableLog = {
        ...whole,
        range: { from: 0, to: size },
        async *items() {
          yield items;
        },
      };
      await refutes(changed, 'integrity', finding);
    });

  it('is refuted when time runs backwards', async () => {
    await refutes(tellStory({ at: { visit: 1 } }).whole(), 'integrity', /its time lies before/);
  });

  it('is refuted when the log does not begin, begins as another, or begins again', async () => {
    const [, ...rest] = Object.values(story());
    const headless = new ToldLog();
    for (const event of rest) headless.tell(event);
    await refutes(headless.whole(), 'integrity', /entry 0 does not begin a log/);
    const begun = { ...story().begun, origin: 'log.example/9' } as ReturnType<
      typeof story
    >['begun'];
    await refutes(
      tellStory({ instead: { begun: [begun] } }).whole(),
      'integrity',
      /another origin/,
    );
    const again = tellStory({ instead: { stopped: [story().begun] } });
    await refutes(again.whole(), 'integrity', /in the middle/);
  });

  it('is refuted when an entry is of another kind than it says', async () => {
    const log = new ToldLog();
    for (const event of Object.values(story()))
      log.tell(event, event.event === 'access.attempted' ? { kind: 5 } : {});
    await refutes(log.whole(), 'integrity', /says "access.attempted" and is of kind 5/);
  });

  it('is refuted by a checkpoint that somebody else signed, and nothing else is judged', async () => {
    const log = tellStory();
    const trust = { origin: 'log.example/1', logKeys: [keyFor('log.example/2').verifier] };
    const { verdicts, exitCode, checkpoint } = await verifyTold(log.whole(), { trust });
    assert.deepEqual(
      verdicts.map(({ outcome }) => outcome),
      ['refuted', 'undecided', 'undecided', 'undecided', 'undecided', 'undecided'],
    );
    assert.deepEqual([exitCode, checkpoint], [2, undefined]);
  });

  it('that is refuted takes the good name from what the log tells', async () => {
    const log = tellStory();
    const checkpoint = log.checkpoint();
    log.edit(9, ({ entry }) => ({ entry: flipped(entry, 570) }));
    const report = await verifyTold(log.whole({ checkpoint }));
    assert.equal(verdictOf(report, 'authorization').outcome, 'undecided');
  });

  it('of a part is refuted when what stands before or behind it is another tree', async () => {
    const log = longStory();
    const part = log.part({ from: 3, to: 61 }, {}, [2]);
    await refutes(
      { ...part, before: flipped(part.before, 3) },
      'integrity',
      /not those of the tree/,
    );
    const after = part.after.map((root) => flipped(root, 9));
    await refutes({ ...part, after }, 'integrity', /not those of the tree/);
    await refutes({ ...part, after: part.after.slice(1) }, 'integrity', /does not fit/);
    await refutes({ ...part, before: part.before.slice(32) }, 'integrity', /does not fit/);
  });

  it('of single entries is refuted by a proof that leads elsewhere', async () => {
    const log = longStory();
    const part = log.part({ from: 0, to: 0 }, {}, [0, 8]);
    const items = async function* () {
      for await (const batch of part.items())
        yield batch.map((item) => ({
          ...item,
          proof: item.proof?.map((hash) => flipped(hash, 1)),
        }));
    };
    await refutes({ ...part, items }, 'integrity', /entry 8/);
  });
});

describe('consistency', () => {
  it('is verified with an earlier checkpoint of the same log', async () => {
    const log = longStory();
    for (const size of [1, 7, 8, log.size]) {
      const report = await verifyTold(log.whole(), { since: log.checkpoint(size) });
      assert.equal(verdictOf(report, 'consistency').outcome, 'verified');
    }
  });

  it('is evidence of misbehaviour when what was signed earlier is not there any more', async () => {
    const log = longStory();
    const since = log.checkpoint(20);
    const other = longStory(50, { account: [] });
    const report = await verifyTold(other.whole(), { since });
    assert.equal(verdictOf(report, 'consistency').outcome, 'misbehaviour');
    assert.equal(report.exitCode, 3);
  });

  it('is evidence of misbehaviour when two trees of one size were signed', async () => {
    const other = tellStory({ instead: { stopped: [story().started] } });
    const report = await verifyTold(tellStory().whole(), { since: other.checkpoint() });
    assert.equal(report.exitCode, 3);
    assert.match(
      verdictOf(report, 'consistency').findings.join(),
      /two different trees of size 12/,
    );
  });

  it('is refuted when the log is older than what was seen: a backup was put back', async () => {
    const log = longStory();
    const report = await verifyTold(
      log.part({ from: 0, to: 12 }, { checkpoint: log.checkpoint(12), after: [] }),
      {
        since: log.checkpoint(),
      },
    );
    assert.equal(verdictOf(report, 'consistency').outcome, 'refuted');
    assert.match(verdictOf(report, 'consistency').findings.join(), /it is an older one/);
  });

  it('cannot be decided with a checkpoint that somebody else signed', async () => {
    const report = await verifyTold(tellStory().whole(), {
      since: new ToldLog('log.example/2').checkpoint(0),
    });
    assert.equal(verdictOf(report, 'consistency').outcome, 'undecided');
  });

  it('of a part needs a proof, and the right one', async () => {
    const log = longStory();
    const part = log.part({ from: 30, to: 61 }, {}, [2]);
    const since = log.checkpoint(20);
    const without = await verifyTold(part, { since });
    assert.equal(verdictOf(without, 'consistency').outcome, 'undecided');
    const wrong = await verifyTold(
      { ...part, proveGrowth: async () => [log.leaves()[0] ?? new Uint8Array(32)] },
      { since },
    );
    assert.equal(verdictOf(wrong, 'consistency').outcome, 'refuted');
  });
});

describe('completeness', () => {
  it('is refuted by an access with two ends, or an end of nothing', async () => {
    const { end } = story();
    const twice = tellStory({ instead: { end: [end, end] } });
    await refutes(twice.whole(), 'completeness', /entry 10 ends access 8, which was not open/);
    const early = { ...end, attempt: 3 } as typeof end;
    await refutes(tellStory({ instead: { end: [early] } }).whole(), 'completeness', /access 3/);
  });

  it('is refuted by an access without an end, once the gateway was started anew', async () => {
    const log = tellStory({ instead: { end: [], stopped: [story().started] } });
    await refutes(log.whole(), 'completeness', /access 8 has no end/);
    const open = await verifyTold(tellStory({ instead: { end: [], stopped: [] } }).whole());
    assert.match(verdictOf(open, 'completeness').detail, /1 of them under way/);
    assert.equal(open.exitCode, 0);
  });

  it('is refuted by an entry that was put down to another account', async () => {
    const log = new ToldLog();
    for (const event of Object.values(story()))
      log.tell(event, event.event === 'access.attempted' ? { account: GLOBEX } : {});
    await refutes(log.whole(), 'completeness', /entry 8 carries the tag of account globex/);
  });

  it('is refuted by an entry of nobody that carries somebody’s tag', async () => {
    const log = new ToldLog();
    for (const event of Object.values(story()))
      log.tell(event, event.event === 'gateway.stopped' ? { account: ACME } : {});
    await refutes(log.whole(), 'completeness', /entry 11 carries the tag of account acme/);
  });

  it('is refuted by a hidden entry: one that carries no tag of its account', async () => {
    const log = tellStory();
    const tagKeys = log
      .tagKeys()
      .map((key) => (key.whose === 'account' ? { ...key, next: 9 } : key));
    await refutes(log.whole({ tagKeys }), 'completeness', /9 entries were written, and 6 are here/);
  });

  it('of an account is refuted when one of its entries is left out', async () => {
    const log = longStory();
    const tagKeys = log.tagKeys().filter(({ whose }) => whose === 'account');
    const all = Array.from({ length: log.size }, (_, index) => index).filter((at) => at !== 13);
    const report = log.part({ from: 0, to: 0 }, { tagKeys }, all);
    await refutes(report, 'completeness', /1 entries of account acme were left out/);
  });

  it('and authorization of single entries cannot be decided without the account’s key', async () => {
    const log = tellStory();
    const all = Array.from({ length: log.size }, (_, index) => index);
    const report = await verifyTold(log.part({ from: 0, to: 0 }, { tagKeys: [] }, all));
    assert.equal(verdictOf(report, 'authorization').outcome, 'undecided');
  });
});

describe('a public log, of which nobody may read a content', () => {
  it('has its integrity verified, and cannot be decided otherwise', async () => {
    const log = tellStory();
    for (const { index, content } of log.items)
      if (content !== undefined) log.withhold(index, 'not-asked');
    const report = await verifyTold(log.whole({ tagKeys: [] }));
    assert.deepEqual(
      report.verdicts.map(({ outcome }) => outcome),
      ['verified', 'not-asked', 'undecided', 'undecided', 'verified', 'not-asked'],
    );
    assert.equal(report.exitCode, 1);
  });
});

describe('witnesses', () => {
  const [anna, bert] = [
    keyFor('anna.example', 'cosignature'),
    keyFor('bert.example', 'cosignature'),
  ];
  const trust = {
    origin: ORIGIN,
    logKeys: [keyFor(ORIGIN).verifier],
    quorum: makeQuorum(1, [anna.verifier, bert.verifier]),
  };

  function cosigned(log: ToldLog, ...keys: (typeof anna)[]): Uint8Array {
    const note = openNote(verifyEd25519, trust.logKeys, log.checkpoint());
    const lines = keys.map((key) => signText(note.text, signerOf(key), 1_700_000_000));
    const known = [anna.verifier, bert.verifier];
    return addSignatures(verifyEd25519, known, log.checkpoint(), lines);
  }

  it('are enough when the quorum is reached, and told by name', async () => {
    const log = tellStory();
    const report = await verifyTold(log.whole({ checkpoint: cosigned(log, bert) }), { trust });
    const { outcome, detail } = verdictOf(report, 'witnesses');
    assert.equal(outcome, 'verified');
    assert.match(detail, /1 of 2 witnesses have cosigned size 12: bert\.example/);
  });

  it('that are too few leave it undecided, and speak against nothing else', async () => {
    const log = tellStory();
    const both = { ...trust, quorum: makeQuorum(2, [anna.verifier, bert.verifier]) };
    const report = await verifyTold(log.whole({ checkpoint: cosigned(log, anna) }), {
      trust: both,
    });
    assert.equal(verdictOf(report, 'witnesses').outcome, 'undecided');
    assert.equal(verdictOf(report, 'integrity').outcome, 'verified');
    assert.equal(report.exitCode, 1);
  });

  it('whose signature is wrong refute the checkpoint', async () => {
    const log = tellStory();
    const text = new TextDecoder().decode(cosigned(log, anna)).replace(/.{6}\n$/u, 'AAAAA=\n');
    const report = await verifyTold(log.whole({ checkpoint: Buffer.from(text) }), { trust });
    assert.equal(report.exitCode, 2);
  });
});

describe('a checkpoint', () => {
  it('that the log’s own key signed for a wrong tree is refuted all the same', async () => {
    const other = tellStory({ instead: { stopped: [story().started] } });
    const log = tellStory().whole({ checkpoint: other.checkpoint() });
    await refutes(log, 'integrity', /not those of the tree/);
  });
});
