/** The index in a path; `undefined` for what is none: such a record does not exist. */
export function readIndex(path: Readonly<Record<string, string>>): number | undefined {
  const text = path['index'] ?? '';
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}
