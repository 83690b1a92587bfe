import { ZipWriter } from '@zip.js/zip.js';

/** A file within a ZIP; its bytes are asked for when its turn comes. */
export interface ZipMember {
  readonly name: string;
  readonly chunks: () => AsyncIterable<Uint8Array>;
}

/** The first date that MS-DOS knows: 1 January 1980, as ZIP writes it. */
const NO_DATE = 0x0021_0000;

/**
 * Writes a ZIP file as it is read: members in the order of their names, stored, without times, so that the same
 * members are the same bytes. Nothing is asked of a member before what went before was taken; ending the
 * iteration ends the member under way.
 */
export async function* zipMembers(
  members: readonly ZipMember[],
): AsyncGenerator<Uint8Array, void, void> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const left = new AbortController();
  const written = writeMembers(writable, members, left.signal);
  try {
    yield* readable;
    await written;
  } finally {
    left.abort();
    await written.catch(() => undefined);
  }
}

/** What goes wrong reaches the reader too: a ZIP that ends early must not look whole. */
async function writeMembers(
  writable: WritableStream<Uint8Array>,
  members: readonly ZipMember[],
  signal: AbortSignal,
): Promise<void> {
  const zip = new ZipWriter(writable, {
    level: 0,
    zip64: true,
    useWebWorkers: false,
    extendedTimestamp: false,
    rawLastModDate: NO_DATE,
    signal,
  });
  try {
    for (const { name, chunks } of members.toSorted(byName))
      await zip.add(name, ReadableStream.from(chunks()));
    await zip.close();
  } catch (error) {
    await writable.abort(error).catch(() => undefined);
    throw error;
  }
}

function byName(one: ZipMember, other: ZipMember): number {
  return one.name < other.name ? -1 : 1;
}
