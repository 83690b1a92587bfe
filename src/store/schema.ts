import type { Generated } from 'kysely';

/**
 * The tables, as both engines have them. Whatever a query filters on is a column of its own;
 * the rest of a thing is its `body`, JSON. Instants are milliseconds since the epoch.
 */
export interface Schema {
  entries: { idx: number; entry: Uint8Array; leaf: Uint8Array };
  contents: {
    idx: number;
    action: Uint8Array | null;
    actor: Uint8Array | null;
    net: Uint8Array | null;
    reason: Uint8Array | null;
    subject: Uint8Array | null;
    /** 16 bytes for each section that is present, in the order of the columns. */
    salts: Uint8Array;
  };
  /** Roots of full subtrees of 256^level leaves: the hashes of upper tiles. */
  subtrees: { level: number; position: number; hash: Uint8Array };
  /** What was signed of the log: one note a size. */
  checkpoints: { size: number; note: Uint8Array; published_at: number };
  /** What witnesses added to them: signature lines, each with its newline. */
  cosignatures: { size: number; line: string };
  log_state: { id: number; size: number; edge: Uint8Array; last_time: number };
  tag_keys: {
    whose: 'account' | 'actor';
    /** A random one once no content says any more whose key it is. */
    name: string;
    key: Uint8Array;
    next: number;
    /** Of the `next` entries with its tags, how many have lost their content; counted for actors. */
    erased: Generated<number>;
  };
  open_attempts: { idx: number; instance: string; account: string };
  accounts: { id: string; name: string | null; registered_at: number };
  people: {
    issuer: string;
    subject: string;
    realm: 'staff' | 'owners';
    name: string | null;
    email: string | null;
    verified_email: string | null;
    last_sign_in_at: number;
  };
  sessions: {
    id: string;
    secret: string;
    issuer: string;
    subject: string;
    /** The principal, JSON. */
    principal: string;
    started_at: number;
    last_seen_at: number;
    idle_ms: number;
    expires_at: number;
    ended_at: number | null;
    id_token: string | null;
    data: string | null;
  };
  grants: {
    id: string;
    account: string;
    grantee_role: string | null;
    grantee_issuer: string | null;
    grantee_subject: string | null;
    /** Only while nobody is bound to it. */
    grantee_email: string | null;
    expires_at: number;
    revoked_at: number | null;
    body: string;
  };
  access_requests: {
    id: string;
    account: string;
    issuer: string;
    subject: string;
    expires_at: number;
    /** How somebody ended it; null while nobody has. */
    ended_as: 'approved' | 'denied' | 'withdrawn' | null;
    body: string;
  };
  visits: {
    id: string;
    account: string;
    issuer: string;
    subject: string;
    session: string;
    closed_at: number | null;
    body: string;
  };
  visit_keys: {
    hash: string;
    visit: string;
    use: 'code' | 'cookie' | 'token';
    expires_at: number;
    used_at: number | null;
  };
  agreements: { issuer: string; subject: string; version: string };
  used_keys: { key: string; body_digest: string; made: string; expires_at: number };
  published_keys: { kid: string; jwk: string; expires_at: number };
  search: {
    idx: number;
    at: number;
    event: string;
    account: string | null;
    actor: string | null;
    actor_email: string | null;
    basis_kind: string | null;
    basis_id: string | null;
    visit: string | null;
    method: string | null;
    path: string | null;
    status: number | null;
  };
  search_state: { id: number; up_to: number };
  holds: {
    id: string;
    account: string | null;
    from_at: number;
    to_at: number;
    until_at: number;
    lifted_at: number | null;
    body: string;
  };
  /** Counts the placings and liftings. */
  hold_state: { id: number; version: number };
  /** Where the erasure entries stand, and over which indexes; the entries alone count. */
  erasures: { idx: number; from_idx: number; to_idx: number };
}
