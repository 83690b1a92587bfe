import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Event, GATEWAY } from '../../src/domain/event.ts';
import type { GrantId, SessionId, VisitId } from '../../src/domain/ids.ts';
import {
  DAY,
  GLOBEX,
  grant,
  grantIssued,
  grantRevoked,
  HOUR,
  owner,
  permit,
  session,
  sessionStarted,
  staff,
  visit,
  visitOpened,
  accessAttempted,
} from '../support/specimens.ts';
import { POLICY, verifyTold } from '../support/told-log.ts';
import {
  attempt,
  basisOf,
  type Edition,
  factOf,
  MINUTE,
  NOON,
  OWNER_SESSION,
  POLICY_NAME,
  story,
  tellStory,
} from './verify-story.ts';

async function authorizationOf(edition: Edition) {
  const { verdicts } = await verifyTold(tellStory(edition).whole());
  const verdict = verdicts.find(({ name }) => name === 'authorization');
  assert.ok(verdict);
  return verdict;
}

const told = story();
const other = session({
  id: '018f0000-0000-7000-8000-000000000002' as SessionId,
  principal: staff({
    subject: 'eve',
    email: 'eve@corp.example',
    verifiedEmail: 'eve@corp.example',
  }),
});
const readOnly = grant({ scope: 'read' });
const named = grant({ grantee: { kind: 'email', email: 'sam@corp.example' } });
const bound = grant({
  grantee: {
    kind: 'person',
    person: { issuer: 'https://staff.example', subject: 'sam' },
    email: 'sam@corp.example',
  },
  version: 2,
});

function changedTo(over: Parameters<typeof grant>[0], actor = GATEWAY): Event {
  return {
    event: 'grant.changed',
    actor,
    account: grant().account,
    basis: basisOf(grant()),
    grant: factOf(grant({ version: 2, ...over })),
  };
}

const denying = { ...POLICY, rules: `${POLICY.rules}\np, support, content, *, *, deny\n` };

/** A gateway that let somebody in wrongly, and recorded it faithfully. */
const LIES: readonly (readonly [string, Edition, RegExp])[] = [
  ['nobody had signed in', { instead: { staff: [] } }, /its sign-in had not started/],
  [
    'the sign-in had ended',
    {
      instead: {
        access: [
          {
            event: 'session.ended',
            actor: GATEWAY,
            session: session().id,
            why: 'signed-out',
            expiresAt: session().expiresAt,
          },
          told.access,
        ],
        end: [],
      },
    },
    /its sign-in had ended/,
  ],
  ['the sign-in was over', { at: { access: NOON + 13 * HOUR } }, /its sign-in was over/],
  [
    'the sign-in was of somebody else',
    { instead: { staff: [sessionStarted({ ...other, id: session().id })] } },
    /sign-in was of somebody else/,
  ],
  [
    'an owner went in with his own sign-in',
    { instead: { staff: [sessionStarted(session({ principal: owner() }))] } },
    /was not of the staff/,
  ],
  ['no visit had been opened', { instead: { visit: [] } }, /its visit had not been opened/],
  [
    'the visit had been closed',
    {
      instead: {
        access: [
          {
            event: 'visit.closed',
            actor: GATEWAY,
            account: visit().account,
            visit: visit().id,
            why: 'owner',
            expiresAt: visit().expiresAt,
          },
          told.access,
        ],
        end: [],
      },
    },
    /its visit had been closed/,
  ],
  [
    'the visit was to another account',
    { instead: { visit: [visitOpened(visit({ account: GLOBEX }), grant())] } },
    /visit was to another account/,
  ],
  [
    'the visit was of somebody else',
    { instead: { visit: [visitOpened(visit({ principal: other.principal }), grant())] } },
    /visit was of somebody else/,
  ],
  [
    'the visit was opened from another sign-in',
    { instead: { visit: [visitOpened(visit({ session: other.id }), grant())] } },
    /visit was of somebody else/,
  ],
  [
    'the visit was to look only',
    {
      instead: {
        visit: [visitOpened(visit({ scope: 'read' }), grant())],
        access: [attempt({ access: 'write', rule: 'p, support, content, write, grant, allow' })],
      },
    },
    /visit was to look only/,
  ],
  ['no grant had been issued', { instead: { grant: [] } }, /grant had not been issued/],
  [
    'the grant was issued after the access',
    { instead: { grant: [], end: [told.grant] } },
    /grant had not been issued/,
  ],
  [
    'the grant had been revoked',
    { instead: { access: [grantRevoked(grant()), told.access], end: [] } },
    /grant had been revoked/,
  ],
  ['the grant had expired', { at: { access: NOON + HOUR } }, /grant had expired/],
  [
    'the grant had not started',
    { instead: { grant: [grantIssued(grant({ startsAt: NOON + MINUTE }))] } },
    /grant had not started/,
  ],
  [
    'the grant was for another account',
    {
      instead: {
        owner: [sessionStarted({ ...OWNER_SESSION, principal: owner({ accounts: [GLOBEX] }) })],
        grant: [grantIssued(grant({ account: GLOBEX }))],
      },
    },
    /grant was for another account/,
  ],
  [
    'the grant was to look only',
    {
      instead: {
        grant: [grantIssued(readOnly)],
        access: [attempt({ access: 'write', rule: 'p, support, content, write, grant, allow' })],
      },
    },
    /grant was to look only/,
  ],
  [
    'the grant was for another role',
    { instead: { grant: [grantIssued(grant({ grantee: { kind: 'role', role: 'compliance' } }))] } },
    /did not admit its actor/,
  ],
  [
    'the grant named an e-mail that nobody was bound to',
    { instead: { grant: [grantIssued(named)] } },
    /did not admit its actor/,
  ],
  [
    'the basis was a review that nobody opened',
    {
      instead: {
        visit: [{ ...visitOpened(visit(), grant()), basis: { kind: 'review', id: 'r' as never } }],
        access: [{ ...attempt(), basis: { kind: 'review', id: 'r' as never } }],
      },
    },
    /basis was a review/,
  ],
  [
    'the access was to another account than its visit',
    { instead: { access: [{ ...attempt(), account: GLOBEX }], end: [] } },
    /visit was to another account/,
  ],
  ['no policy had been loaded', { instead: { policy: [] } }, /policy had not been loaded/],
  [
    'its rule is none of the policy',
    { instead: { access: [attempt({ rule: 'p, support, content, read, none, allow' })] } },
    /names no rule/,
  ],
  [
    'its rule is about something else',
    { instead: { access: [attempt({ rule: 'p, support, content, write, grant, allow' })] } },
    /not about such an access/,
  ],
  [
    'its rule is for a role its actor did not have',
    { instead: { access: [attempt({ rule: 'p, responder, content, read, grant, allow' })] } },
    /which its actor was not/,
  ],
];

describe('an access recorded by a gateway that let somebody in wrongly', () => {
  for (const [name, edition, finding] of LIES)
    it(`is found: ${name}`, async () => {
      const { outcome, findings } = await authorizationOf(edition);
      assert.equal(outcome, 'refuted');
      assert.match(findings.join('\n'), finding);
    });

  it('is found: a row of the policy denies it', async () => {
    const { policyText } = await import('../../src/domain/policy-text.ts');
    const { hex, sha256 } = await import('../support/sha256.ts');
    const policy = `sha256:${hex(sha256(Buffer.from(policyText(denying))))}`;
    const { outcome, findings } = await authorizationOf({
      instead: {
        policy: [{ event: 'policy.loaded', actor: GATEWAY, policy, ...denying }],
        access: [attempt({ policy })],
      },
    });
    assert.equal(outcome, 'refuted');
    assert.match(findings.join(), /a row of its policy denies it/);
  });
});

const asOwner = told.grant.actor;

/** Grants that should never have been, whatever was done on them. */
const FORGED: readonly (readonly [string, Edition, RegExp])[] = [
  [
    'somebody of the staff issued it',
    { instead: { grant: [{ ...grantIssued(grant()), actor: attempt().actor }] } },
    /did not come from an owner/,
  ],
  [
    'the gateway issued it',
    { instead: { grant: [{ ...grantIssued(grant()), actor: GATEWAY }] } },
    /did not come from an owner/,
  ],
  ['its owner had not signed in', { instead: { owner: [] } }, /owner had not signed in/],
  [
    'its owner was signed out',
    {
      instead: {
        account: [
          {
            event: 'session.ended',
            actor: asOwner,
            session: OWNER_SESSION.id,
            why: 'signed-out',
            expiresAt: OWNER_SESSION.expiresAt,
          },
        ],
      },
    },
    /owner was signed out/,
  ],
  [
    'the account is another owner’s',
    {
      instead: {
        owner: [sessionStarted({ ...OWNER_SESSION, principal: owner({ accounts: [GLOBEX] }) })],
      },
    },
    /not one of its owner’s/,
  ],
  [
    'the sign-in was one of the staff under an owner’s name',
    { instead: { owner: [sessionStarted({ ...OWNER_SESSION, principal: staff() })] } },
    /sign-in was of somebody else/,
  ],
  [
    'it names another owner than the one who issued it',
    {
      instead: { grant: [grantIssued(grant({ issuedBy: { ...grant().issuedBy, subject: 'x' } }))] },
    },
    /names somebody else as its owner/,
  ],
  [
    'it was issued a second time, for longer',
    { instead: { grant: [told.grant, grantIssued(grant({ expiresAt: NOON + DAY }))], end: [] } },
    /issued a second time/,
  ],
  [
    'the gateway widened it',
    { instead: { grant: [grantIssued(readOnly), changedTo({ scope: 'write' })], end: [] } },
    /changed more than whom it is for/,
  ],
  [
    'the gateway made it longer',
    { instead: { grant: [told.grant, changedTo({ expiresAt: NOON + DAY })], end: [] } },
    /changed more than whom it is for/,
  ],
  [
    'the gateway gave it to somebody else',
    {
      instead: {
        grant: [told.grant, changedTo({ grantee: { kind: 'role', role: 'responder' } })],
        end: [],
      },
    },
    /changed whom it is for/,
  ],
  [
    'it was bound to somebody who had not signed in with its e-mail',
    {
      instead: {
        grant: [grantIssued(named)],
        staff: [sessionStarted(session()), changedTo({ grantee: bound.grantee })],
        end: [],
      },
    },
    /bound it to somebody who had not signed in/,
  ],
  [
    'somebody of the staff changed it',
    { instead: { grant: [told.grant, changedTo({}, attempt().actor)], end: [] } },
    /did not come from an owner/,
  ],
  [
    'its owner changed it after its end',
    {
      instead: {
        grant: [
          grantIssued(grant({ startsAt: NOON - 1, expiresAt: NOON })),
          changedTo({ startsAt: NOON - 1 }, told.grant.actor),
        ],
        end: [],
      },
    },
    /it was changed after its end/,
  ],
  [
    'its owner widened it',
    {
      instead: { grant: [grantIssued(readOnly), changedTo({ scope: 'write' }, asOwner)], end: [] },
    },
    /it was widened/,
  ],
  [
    'it was changed after it had been revoked',
    {
      instead: {
        grant: [told.grant, grantRevoked(grant()), changedTo({}, asOwner)],
        end: [],
      },
    },
    /after it had been revoked/,
  ],
  [
    'a version is missing',
    { instead: { grant: [told.grant, changedTo({ version: 3 }, asOwner)], end: [] } },
    /a version is missing/,
  ],
];

describe('a grant that was not born rightly', () => {
  for (const [name, edition, finding] of FORGED)
    it(`is found, and so is every access on it: ${name}`, async () => {
      const { outcome, findings } = await authorizationOf(edition);
      assert.equal(outcome, 'refuted');
      assert.match(findings.join('\n'), finding);
      assert.match(findings.join('\n'), /^access \d+ to acme by sam/mu);
    });
});

describe('what is right', () => {
  it('a grant bound by the sign-in with its verified e-mail', async () => {
    const signIn = { ...sessionStarted(session()), verifiedEmail: 'sam@corp.example' };
    const { outcome, findings } = await authorizationOf({
      instead: {
        grant: [grantIssued(named)],
        staff: [signIn, changedTo({ grantee: bound.grantee })],
        end: [],
      },
    });
    assert.deepEqual([outcome, findings], ['verified', []]);
  });

  it('a grant that its owner made shorter, until its new end and not after it', async () => {
    const shorter = changedTo({ expiresAt: NOON + MINUTE }, asOwner);
    const instead = { grant: [told.grant, shorter], end: [] };
    assert.equal((await authorizationOf({ instead })).outcome, 'verified');
    const late = await authorizationOf({ instead, at: { access: NOON + MINUTE } });
    assert.match(late.findings.join(), /grant had expired/);
  });

  it('a grant to one person, whatever his roles', async () => {
    const person = { issuer: 'https://staff.example', subject: 'sam' };
    const personal = grant({ grantee: { kind: 'person', person, email: undefined } });
    const { outcome } = await authorizationOf({ instead: { grant: [grantIssued(personal)] } });
    assert.equal(outcome, 'verified');
  });

  it('an access that changes something, on a grant to look and change', async () => {
    const access = attempt({ access: 'write', rule: 'p, support, content, write, grant, allow' });
    assert.equal((await authorizationOf({ instead: { access: [access] } })).outcome, 'verified');
  });
});

describe('what cannot be decided', () => {
  it('an access whose content is sealed', async () => {
    const log = tellStory();
    log.withhold(8);
    const { verdicts, exitCode } = await verifyTold(log.whole());
    const [authorization] = verdicts.filter(({ name }) => name === 'authorization');
    assert.equal(authorization?.outcome, 'undecided');
    assert.match(authorization?.findings.join() ?? '', /what it says is not shown/);
    assert.equal(exitCode, 1);
  });

  it('an access behind a domain change that is not shown: it could have been its end', async () => {
    const log = tellStory();
    log.withhold(4);
    const { verdicts } = await verifyTold(log.whole());
    const [authorization] = verdicts.filter(({ name }) => name === 'authorization');
    assert.equal(authorization?.outcome, 'undecided');
    assert.match(authorization?.findings.join() ?? '', /1 entries before it/);
  });

  it('an access whose grant is not shown: that is no proof that there was none', async () => {
    const log = tellStory();
    log.withhold(5);
    const { verdicts, exitCode } = await verifyTold(log.whole());
    const [authorization] = verdicts.filter(({ name }) => name === 'authorization');
    assert.equal(authorization?.outcome, 'undecided');
    assert.equal(exitCode, 1);
  });
});

describe('accesses that nobody asked about', () => {
  const again = [
    story().access,
    { ...story().end, attempt: 10 } as ReturnType<typeof story>['end'],
  ];
  const edition = { instead: { revoked: again } };

  async function authorizationOfShown(hide: (log: ReturnType<typeof tellStory>) => void) {
    const log = tellStory(edition);
    hide(log);
    const { verdicts } = await verifyTold(log.whole());
    return verdicts.find(({ name }) => name === 'authorization') ?? assert.fail();
  }

  it('are counted apart where they stand before those that were', async () => {
    const verdict = await authorizationOfShown((log) => {
      log.withhold(8, 'not-asked');
      log.withhold(9, 'not-asked');
    });
    assert.equal(verdict.outcome, 'verified');
    assert.match(verdict.detail, /1 accesses, .*; 1 before them were not asked about/);
  });

  it('leave it undecided where they stand behind one that was, or are called sealed', async () => {
    const behind = await authorizationOfShown((log) => log.withhold(10, 'not-asked'));
    assert.equal(behind.outcome, 'undecided');
    const sealed = await authorizationOfShown((log) => log.withhold(8, 'sealed'));
    assert.equal(sealed.outcome, 'undecided');
  });

  it('leave it undecided where the facts are withheld with them', async () => {
    const verdict = await authorizationOfShown((log) => {
      for (const index of [5, 8, 9, 10, 11]) log.withhold(index, 'not-asked');
    });
    assert.equal(verdict.outcome, 'undecided');
  });
});

describe('a visit', () => {
  it('that was opened by one person does not let another in under the same policy', async () => {
    const theirs = visit({ id: '018f0000-0000-7000-8000-0000000000f9' as VisitId });
    const access = accessAttempted(permit({ visit: theirs, policy: POLICY_NAME }));
    const { findings } = await authorizationOf({ instead: { access: [access], end: [] } });
    assert.match(findings.join(), /its visit had not been opened/);
  });

  it('does not carry over to a grant with another id', async () => {
    const basis = { kind: 'grant', id: '018f0000-0000-7000-8000-0000000000bb' as GrantId } as const;
    const access = attempt({ basis });
    const { findings } = await authorizationOf({ instead: { access: [access], end: [] } });
    assert.match(findings.join(), /its grant had not been issued/);
  });
});
