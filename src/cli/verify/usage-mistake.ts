/** What was asked makes no sense: an option that is missing, or a key that is none. */
export class UsageMistake extends Error {
  override readonly name = 'UsageMistake';
}
