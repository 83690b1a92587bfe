/**
 * The floor table of the architecture as data, and the judge of one file against it.
 *
 * The judge reads text, not syntax. It takes every string that names a module by a relative path
 * for an arrow, wherever it stands (import, export, `import()`, a worker's URL), so it may see an
 * arrow too many, never one too few.
 */
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

interface Room {
  readonly floor: number;
  /** Rooms it may import; the roof imports `all`, or everything `below` it. */
  readonly from: readonly string[] | 'all' | 'below';
  /** Rooms of which it may import types only. */
  readonly typesFrom?: readonly string[];
  /** What it may import from outside the house; everything unless said. */
  readonly outside?: 'packages' | 'nothing';
}

/** A room is a folder or a file directly under `src/`; one with a slash is a chamber inside a room. */
export const ROOMS: Readonly<Record<string, Room>> = {
  domain: { floor: 0, from: [], outside: 'nothing' },
  tlog: { floor: 0, from: [], outside: 'nothing' },
  audit: { floor: 1, from: ['domain', 'tlog'], outside: 'packages' },
  identity: { floor: 1, from: ['domain'] },
  upstream: { floor: 1, from: [] },
  store: { floor: 2, from: ['domain', 'tlog', 'audit'] },
  policy: { floor: 3, from: ['domain'], typesFrom: ['store'] },
  http: { floor: 3, from: ['domain'], typesFrom: ['store'] },
  recorder: { floor: 3, from: ['domain', 'tlog', 'audit', 'store'] },
  control: {
    floor: 4,
    from: ['domain', 'tlog', 'audit', 'policy', 'recorder'],
    typesFrom: ['store'],
  },
  notify: { floor: 4, from: ['domain', 'audit'], typesFrom: ['store'] },
  gateway: {
    floor: 5,
    from: ['domain', 'http', 'policy', 'recorder', 'control'],
    typesFrom: ['store'],
  },
  api: { floor: 5, from: ['domain', 'control', 'http', 'identity'] },
  web: { floor: 5, from: ['domain', 'control', 'http', 'identity'] },
  'web/browser': { floor: 5, from: ['domain', 'tlog', 'audit'] },
  config: { floor: 6, from: 'below' },
  cli: { floor: 6, from: 'all' },
  'cli/verify': { floor: 6, from: ['domain', 'tlog', 'audit'] },
  demo: { floor: 6, from: 'all' },
  'demo/app': { floor: 6, from: ['upstream'] },
  main: { floor: 6, from: 'all' },
};

const DRAWERS = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'shared', 'lib', 'misc']);
/** The roof's two files may be split: `config-source.ts` is of the room `config`. */
const SPLIT_ROOF = /^(config|main)-[a-z0-9-]+$/;
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*$/;

const RELATIVE_MODULE = /['"`](\.{1,2}\/[^'"`\n]*)\.(?:ts|js)['"`]/g;
const TYPE_STATEMENT =
  /^(?:import|export)\s+type\s+(?:\{[^}'"]*\}|\*(?:\s+as\s+\w+)?|\w+)\s+from\s+['"]([^'"\n]+)\.ts['"]/gm;
const OUTSIDE_MODULE = /\b(?:from|import|require)\s*\(?\s*['"]([^.'"\n][^'"\n]*)['"]/g;
const UNREADABLE_IMPORT = /\bimport\s*\((?!\s*['")])/;

/** What is wrong with one file, in sentences; an empty list when it keeps to its room. */
export function violations(path: string, text: string): string[] {
  const room = roomOf(path);
  const found = namingViolations(path);
  if (!(room in ROOMS)) return [...found, `${path}: no room ${room} in the floor table`];
  for (const arrow of arrowsOf(path, text)) {
    if (!mayImport(room, arrow)) found.push(`${path}: ${room} may not import ${describe(arrow)}`);
  }
  if (UNREADABLE_IMPORT.test(text)) found.push(`${path}: imports a module it does not name`);
  return [...found, ...outsideViolations(path, room, text)];
}

interface Arrow {
  /** The imported file's path from the root, without its extension. */
  readonly target: string;
  readonly isTypeOnly: boolean;
}

function arrowsOf(path: string, text: string): Arrow[] {
  const resolve = (match: RegExpMatchArray) => posix.join(posix.dirname(path), match[1] ?? '');
  const all = [...text.matchAll(RELATIVE_MODULE)].map(resolve);
  const typed = [...text.matchAll(TYPE_STATEMENT)].map(resolve);
  const values = all.filter((target) => {
    const index = typed.indexOf(target);
    if (index !== -1) typed.splice(index, 1); // one type statement excuses one mention
    return index === -1;
  });
  return [
    ...values.map((target) => ({ target, isTypeOnly: false })),
    ...[...text.matchAll(TYPE_STATEMENT)].map((match) => ({
      target: resolve(match),
      isTypeOnly: true,
    })),
  ];
}

function mayImport(room: string, arrow: Arrow): boolean {
  const target = roomOf(arrow.target);
  const rule = ROOMS[room];
  if (rule === undefined || !(target in ROOMS)) return false;
  if (target === room || isChamberOf(target, room)) return true;
  if (rule.from === 'all') return true;
  if (rule.from === 'below') return (ROOMS[target]?.floor ?? rule.floor) < rule.floor;
  const [outer = target] = target.split('/');
  if (rule.from.includes(outer)) return true;
  return arrow.isTypeOnly && rule.typesFrom?.includes(outer) === true;
}

/** The chamber a file lies in, or else its room; `../` out of the house stays visible. */
function roomOf(path: string): string {
  const [top = '', inner] = path
    .replace(/\.ts$/, '')
    .replace(/^src\//, '')
    .split('/');
  if (inner !== undefined && `${top}/${inner}` in ROOMS) return `${top}/${inner}`;
  if (!path.startsWith('src/')) return path;
  return inner === undefined ? top.replace(SPLIT_ROOF, '$1') : top;
}

function isChamberOf(chamber: string, room: string): boolean {
  return chamber.startsWith(`${room}/`);
}

function describe(arrow: Arrow): string {
  return arrow.isTypeOnly ? `types from ${arrow.target}` : arrow.target;
}

function namingViolations(path: string): string[] {
  const names = path
    .replace(/^src\//, '')
    .replace(/(\.d)?\.ts$/, '')
    .split('/');
  return names.flatMap((name) => {
    if (!KEBAB_CASE.test(name)) return [`${path}: ${name} is not in kebab-case`];
    return DRAWERS.has(name) ? [`${path}: ${name} is a drawer`] : [];
  });
}

function outsideViolations(path: string, room: string, text: string): string[] {
  const rule = ROOMS[room]?.outside;
  if (rule === undefined) return [];
  return [...text.matchAll(OUTSIDE_MODULE)]
    .map((match) => match[1] ?? '')
    .filter((name) => rule === 'nothing' || isBuiltin(name))
    .map((name) => `${path}: ${room} may not import ${name}`);
}
