/** A thread's file: the compiler does not rewrite such paths, so it has the extension this one runs with. */
export function threadUrl(name: 'writer-thread' | 'reader-thread'): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url);
}
