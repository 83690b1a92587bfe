import type { RecordQuery } from '../store/store.ts';

const PAGE = 200;

/** What to search for, below which index. */
export type SearchWish = Omit<RecordQuery, 'after' | 'limit'> & {
  readonly below: number;
  readonly pageSize?: number;
};

/**
 * Everything a search finds below an index, in its order, page by page: none is read before the one before
 * it was taken, and none is kept.
 */
export async function* searchPages<Found extends { readonly index: number }>(
  ask: (query: RecordQuery) => Promise<readonly Found[]>,
  { below, pageSize = PAGE, ...filters }: SearchWish,
): AsyncGenerator<readonly Found[], void, void> {
  let after = filters.order === 'desc' ? below : undefined;
  while (true) {
    const found = await ask({ ...filters, after, limit: pageSize });
    const items = found.filter(({ index }) => index < below);
    if (items.length > 0) yield items;
    after = found.at(-1)?.index;
    if (after === undefined || items.length < pageSize) return;
  }
}

/** The first of what a search finds that is the one; it is looked for a few at a time. */
export async function findFirst<Found extends { readonly index: number }>(
  ask: (query: RecordQuery) => Promise<readonly Found[]>,
  wish: SearchWish,
  isIt: (found: Found) => boolean,
): Promise<Found | undefined> {
  for await (const items of searchPages(ask, wish)) {
    const found = items.find(isIt);
    if (found !== undefined) return found;
  }
  return undefined;
}
