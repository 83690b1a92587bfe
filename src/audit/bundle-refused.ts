/** What was handed in as a bundle is none, or lies about itself. The message names the member, and the line or byte. */
export class BundleRefused extends Error {
  override readonly name = 'BundleRefused';

  /** `where` is a member, with the line or the byte where that is known. */
  constructor(where: string, detail: string) {
    super(`${where}: ${detail}`);
  }
}
