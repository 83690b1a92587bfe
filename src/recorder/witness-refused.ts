/** What a witness was given cannot be used, or its folder is not what it left. The message says what was found. */
export class WitnessRefused extends Error {
  override readonly name = 'WitnessRefused';
}
