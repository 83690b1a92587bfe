import {
  FOOTINGS,
  type NamedCell,
  RESOURCES,
  ROLES,
  actionsOn,
  isWithinCeiling,
} from '../domain/rights.ts';
import { type PolicyMistake, quote } from './policy-refused.ts';

export type Effect = 'allow' | 'deny';

/** One row of policy.csv whose words all exist; in a deny row a column may be `*`. */
export interface Row extends NamedCell {
  readonly effect: Effect;
  /** Its line in the file, from 1. */
  readonly line: number;
  /** Its text with single spaces, as records and explanations name it. */
  readonly rule: string;
}

const ANY = '*';
const COLUMNS = ['role', 'resource', 'action', 'basis'] as const;

/**
 * Reads policy.csv, stricter than casbin, which accepts short rows and drops rows it does not know.
 * Rows with a mistake are left out of `rows` and named in `mistakes`.
 */
export function parseRules(text: string): { rows: Row[]; mistakes: PolicyMistake[] } {
  const rows: Row[] = [];
  const mistakes: PolicyMistake[] = [];
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const read = readLine(content, line, rows);
    if (read === undefined) continue;
    if (Array.isArray(read)) mistakes.push(...read.map((detail) => blame(line, detail)));
    else rows.push(read);
  }
  if (mistakes.length === 0 && !rows.some((row) => row.effect === 'allow')) {
    mistakes.push({ file: 'rules', detail: 'permits nothing: there is no allow row' });
  }
  return { rows, mistakes };
}

/** Whether a row speaks about a cell. */
export function coversCell(row: NamedCell, cell: NamedCell): boolean {
  return COLUMNS.every((column) => row[column] === ANY || row[column] === cell[column]);
}

function blame(line: number, detail: string): PolicyMistake {
  return { file: 'rules', line, detail };
}

/** A row, what is wrong with it, or nothing for a line that is blank or a comment. */
function readLine(
  content: string,
  line: number,
  earlier: readonly Row[],
): Row | string[] | undefined {
  // Editors show a lone carriage return as a line end, so a comment could hide what looks like a row.
  if (content.includes('\r')) return ['a carriage return inside the line'];
  const trimmed = trimBlanks(content);
  if (trimmed === '' || trimmed.startsWith('#')) return undefined;
  const fields = trimmed.split(',').map(trimBlanks);
  const misshapen = findMisshape(trimmed, fields);
  if (misshapen !== undefined) return [misshapen];
  const named = nameFields(fields);
  const mistakes = [...findUnknownWords(named), ...findForbidden(named)];
  if (mistakes.length > 0) return mistakes;
  const row = { ...named, effect: asEffect(named.effect), line, rule: fields.join(', ') };
  const twin = earlier.find((other) => other.rule === row.rule);
  return twin === undefined ? row : [`the same row as line ${twin.line}`];
}

/** Spaces and tabs only; every other blank is part of a word, and then the word is unknown. */
function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
}

function findMisshape(trimmed: string, fields: readonly string[]): string | undefined {
  if (/["'`]/.test(trimmed)) return 'quotes are not accepted: every field is one plain word';
  const [type = ''] = fields;
  if (/^g\d*$/.test(type)) return 'g rows are not accepted: roles come from the sign-in alone';
  if (type !== 'p') return `field 1 (type): must be p, not ${quote(type)}`;
  if (fields.length === 6) return undefined;
  return `has ${fields.length} fields instead of six: p, role, resource, action, basis, allow or deny`;
}

interface NamedFields extends NamedCell {
  readonly effect: string;
}

function nameFields(fields: readonly string[]): NamedFields {
  const [, role = '', resource = '', action = '', basis = '', effect = ''] = fields;
  return { role, resource, action, basis, effect };
}

function findUnknownWords(named: NamedFields): string[] {
  const mistakes = COLUMNS.flatMap((column, index) => {
    const detail = findUnknownWord(named, column);
    return detail === undefined ? [] : [`field ${index + 2} (${column}): ${detail}`];
  });
  if (named.effect !== 'allow' && named.effect !== 'deny') {
    mistakes.push(`field 6 (effect): must be allow or deny, not ${quote(named.effect)}`);
  }
  return mistakes;
}

function findUnknownWord(named: NamedFields, column: keyof NamedCell): string | undefined {
  const word = named[column];
  if (word === ANY) return named.effect === 'allow' ? '"*" is for deny rows only' : undefined;
  const known = listWords(named, column);
  if (known.includes(word)) return undefined;
  return `${quote(word)} is unknown; known are ${known.join(', ')}`;
}

function listWords(named: NamedCell, column: keyof NamedCell): readonly string[] {
  if (column === 'role') return ROLES;
  if (column === 'resource') return RESOURCES;
  if (column === 'basis') return FOOTINGS;
  const known = actionsOn(named.resource);
  return known.length > 0 ? known : [...new Set(RESOURCES.flatMap(actionsOn))];
}

function findForbidden(named: NamedFields): string[] {
  // Only rows whose words all exist: an unknown word is a mistake of its own.
  if (named.effect !== 'allow' || findUnknownWords(named).length > 0) return [];
  if (isWithinCeiling(named)) return [];
  const { role, resource, action, basis } = named;
  return [`no policy may permit ${role} ${resource} ${action} on ${basis}`];
}

function asEffect(word: string): Effect {
  return word === 'allow' ? 'allow' : 'deny';
}
