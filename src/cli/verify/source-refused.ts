/** What was read is not what it would have to be: no store, no log, not in its form. */
export class SourceRefused extends Error {
  override readonly name = 'SourceRefused';
}

/** A file or an address could not be read, which says nothing about what is in it. */
export class SourceUnreadable extends Error {
  override readonly name = 'SourceUnreadable';
}
