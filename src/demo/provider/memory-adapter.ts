import { LRUCache } from 'lru-cache';
import type { Adapter, Artifact } from 'oidc-provider';

const MOST_ARTIFACTS = 5_000;

/**
 * Keeps one kind of the provider's artifacts (sessions, codes, tokens) in memory, for as long as the
 * demo runs. So few are alive at a time that looking through all of them needs no index.
 */
export function keepInMemory(): Adapter {
  const artifacts = new LRUCache<string, Artifact>({ max: MOST_ARTIFACTS });
  return {
    upsert: async (id, artifact, expiresInSeconds) => {
      artifacts.set(id, artifact, expiresInSeconds > 0 ? { ttl: expiresInSeconds * 1000 } : {});
    },
    find: async (id) => artifacts.get(id),
    findByUid: async (uid) => [...artifacts.values()].find((artifact) => artifact.uid === uid),
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const artifact = artifacts.get(id);
      if (artifact !== undefined) artifact.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => {
      artifacts.delete(id);
    },
    revokeByGrantId: async (grantId) => {
      const ofGrant = [...artifacts].filter(([, artifact]) => artifact.grantId === grantId);
      for (const [id] of ofGrant) artifacts.delete(id);
    },
  };
}
