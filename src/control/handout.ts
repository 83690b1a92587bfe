/** Something of the log that is handed out as a file, part by part. */
export interface Handout {
  readonly mediaType: string;
  /** ASCII, without quotes. */
  readonly fileName: string;
  /** Nothing is read before it is asked for; ending the iteration ends the reading. */
  readonly chunks: AsyncIterable<Uint8Array>;
}
