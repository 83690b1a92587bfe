import { readFileSync } from 'node:fs';

/** The parts of `log-vectors.json` that are used here; `sources` in it says where each comes from. */
interface LogVectors {
  readonly rfc6962_hasher: readonly [
    { empty_root: string; empty_leaf: string; leaf_L123456: string; node_N123_N456: string },
    {
      leaf_101112131415161718191a1b1c1d1e1f: string;
      node_left: string;
      node_right: string;
      node: string;
    },
  ];
  readonly tree8: {
    readonly leaf_inputs_hex: readonly string[];
    readonly leaf_hashes: readonly string[];
    readonly roots: readonly string[];
    readonly inclusion: readonly { index: number; size: number; proof: readonly string[] }[];
    readonly consistency: readonly { size1: number; size2: number; proof: readonly string[] }[];
  };
  readonly probes: {
    readonly inclusion: readonly InclusionProbe[];
    readonly consistency: readonly ConsistencyProbe[];
  };
  readonly tessera_log: {
    readonly vkey: string;
    readonly entries: readonly string[];
    readonly checkpoints: readonly string[];
    readonly tile_0_000_p_15_hex: string;
    readonly entries_000_p_15_hex: string;
  };
  readonly tile_paths: {
    readonly c2sp_index_1234067: string;
    readonly tree_70000: Readonly<Record<string, number>>;
    readonly tree_256: Readonly<Record<string, number>>;
  };
  readonly notes: readonly NoteVector[];
  readonly bad: { readonly bad_vkeys: readonly string[] };
  readonly witness_exchange: {
    readonly origin: string;
    readonly log_vkey: string;
    readonly steps: readonly { body: string; status: number; response?: string }[];
  };
  readonly jcs: {
    readonly cases: readonly { name: string; input: string; outhex: string }[];
  };
  readonly derived: { readonly leaf_decimal_trees: Readonly<Record<string, string>> };
  readonly entry_v1: {
    readonly time_ms: number;
    readonly retain_days: number;
    readonly account_key: string;
    readonly actor_key: string;
    readonly cases: readonly EntryVector[];
  };
}

/** Hashes in base 64. */
interface InclusionProbe {
  readonly file: string;
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

/** Hashes in base 64. */
interface ConsistencyProbe {
  readonly file: string;
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface NoteVector {
  readonly src: string;
  readonly vkey: string;
  readonly skey?: string;
  readonly note: string;
  readonly consistency_5_8?: readonly string[];
}

export interface EntryVector {
  readonly kind: number;
  readonly account_n: number;
  readonly actor_n: number;
  readonly sections: Readonly<Record<string, { jcs: string; salt: string; digest: string }>>;
  readonly commitment: string;
  readonly entry: string;
  readonly leaf: string;
}

export const VECTORS = JSON.parse(
  readFileSync(new URL('log-vectors.json', import.meta.url), 'utf8'),
) as LogVectors;
