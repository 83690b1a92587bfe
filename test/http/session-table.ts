import type { SecretHash, SessionId } from '../../src/domain/ids.ts';
import type { Principal, Session } from '../../src/domain/principal.ts';
import type { SessionTable } from '../../src/http/sign-in.ts';
import type { StoredSession } from '../../src/store/store.ts';

export const SAM: Principal = {
  realm: 'staff',
  issuer: 'https://login.example',
  subject: 'sam',
  name: 'Sam <Support>',
  email: 'sam@example.com',
  verifiedEmail: 'sam@example.com',
  roles: ['support'],
  accounts: [],
};

/** The part of the store that keeps sessions, in memory, with what was done to it. */
export class MemorySessions implements SessionTable {
  readonly rows = new Map<SecretHash, StoredSession>();
  readonly kept: Parameters<SessionTable['keep']>[0][] = [];
  failure: Error | undefined;

  readonly reader = {
    sessionBySecret: async (secret: SecretHash): Promise<StoredSession | undefined> => {
      if (this.failure !== undefined) throw this.failure;
      return this.rows.get(secret);
    },
  };

  async keep(work: Parameters<SessionTable['keep']>[0]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.kept.push(work);
    const secret = work.do === 'save-session-data' ? work.secret : undefined;
    const row = secret === undefined ? undefined : this.rows.get(secret);
    if (work.do !== 'save-session-data' || row === undefined || secret === undefined) return;
    if (row.session.endedAt === undefined) this.rows.set(secret, { ...row, data: work.data });
  }

  start(secret: SecretHash, changes: Partial<Session> & { idToken?: string } = {}): Session {
    const { idToken, ...more } = changes;
    const session: Session = {
      id: `session-${this.rows.size + 1}` as SessionId,
      principal: SAM,
      startedAt: 1_000_000,
      lastSeenAt: 1_000_000,
      idleMs: 1_800_000,
      expiresAt: 1_000_000 + 43_200_000,
      endedAt: undefined,
      ...more,
    };
    this.rows.set(secret, { session, data: undefined, idToken });
    return session;
  }

  change(secret: SecretHash, changes: Partial<Session>): void {
    const row = this.rows.get(secret);
    if (row !== undefined)
      this.rows.set(secret, { ...row, session: { ...row.session, ...changes } });
  }

  end(id: SessionId, at: number): void {
    for (const [secret, { session }] of this.rows) {
      if (session.id === id) this.change(secret, { endedAt: at });
    }
  }
}
