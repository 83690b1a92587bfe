import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import { type Environment, substitute } from './config-environment.ts';
import { formatPath, type KeyPath, type Mistake, Unfit } from './config-mistake.ts';

/** A configuration file as plain values, before any of its keys has been judged. */
export interface Source {
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  /** The line of a key; for one that is not there, the line of the nearest key that holds it. */
  readonly lineOf: (path: KeyPath) => number | undefined;
}

interface Reading {
  readonly env: Environment;
  readonly lines: Map<string, number>;
  readonly counter: LineCounter;
  readonly mistakes: Mistake[];
}

/**
 * Reads YAML 1.2 (JSON is a part of it) and puts the environment into its text values. Duplicate keys,
 * tags, aliases and keys that are no text are mistakes: each of them can hide what the file says.
 */
export function readSource(text: string, env: Environment): Source {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    schema: 'core',
    // The walk below reports them too, with the path of the key.
    uniqueKeys: false,
    lineCounter: counter,
    prettyErrors: false,
    // At `silent` it would take the first of several documents without a word.
    logLevel: 'error',
  });
  const reading: Reading = { env, lines: new Map(), counter, mistakes: [] };
  for (const error of document.errors) {
    const line = counter.linePos(error.pos[0]).line;
    reading.mistakes.push({ path: '', detail: `is not valid YAML: ${error.message}`, line });
  }
  const value =
    reading.mistakes.length === 0 ? readNode(document.contents, [], reading) : undefined;
  return {
    value,
    mistakes: reading.mistakes,
    lineOf: (path) => findLine(reading.lines, path),
  };
}

function findLine(lines: ReadonlyMap<string, number>, path: KeyPath): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(formatPath(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return undefined;
}

function readNode(node: Node | null, path: KeyPath, reading: Reading): unknown {
  if (node === null) return null;
  noteLine(node, path, reading);
  if (isAlias(node)) return refuse('is an alias (*name), which is not read here', path, reading);
  if (node.tag !== undefined)
    refuse(`has the tag ${node.tag}; tags are not read here`, path, reading);
  if (isMap<Node, Node | null>(node)) return readMapping(node.items, path, reading);
  if (isSeq<Node | null>(node)) {
    return node.items.map((item, position) => readNode(item, [...path, position], reading));
  }
  return isScalar(node) ? readScalar(node.value, path, reading) : undefined;
}

function readMapping(
  pairs: readonly Pair<Node, Node | null>[],
  path: KeyPath,
  reading: Reading,
): object {
  const read = new Map<string, unknown>();
  for (const { key: keyNode, value } of pairs) {
    const key = isScalar(keyNode) ? keyNode.value : undefined;
    // An object would take "__proto__" for its prototype, and no check would ever see it.
    if (typeof key !== 'string' || key === '__proto__') {
      refuse('has a key that is no plain text', path, reading);
      continue;
    }
    const place = [...path, key];
    if (read.has(key)) refuse('is given twice', place, reading);
    noteLine(keyNode, place, reading);
    read.set(key, readNode(value, place, reading));
  }
  return Object.fromEntries(read);
}

function readScalar(value: unknown, path: KeyPath, reading: Reading): unknown {
  if (typeof value !== 'string') return value;
  try {
    return substitute(value, reading.env);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    refuse(error.message, path, reading);
    // As it stands it still counts as given, so that nothing else is said to be missing.
    return value;
  }
}

function refuse(detail: string, path: KeyPath, reading: Reading): undefined {
  const line = findLine(reading.lines, path);
  reading.mistakes.push({
    path: formatPath(path),
    detail,
    ...(line === undefined ? {} : { line }),
  });
}

/** The first to note a place is its key, which stands on the line people look for. */
function noteLine(node: Node, path: KeyPath, reading: Reading): void {
  const place = formatPath(path);
  if (node.range && !reading.lines.has(place)) {
    reading.lines.set(place, reading.counter.linePos(node.range[0]).line);
  }
}
