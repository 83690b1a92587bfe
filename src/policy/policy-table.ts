import { type Enforcer, newEnforcer, newModelFromString, StringAdapter } from 'casbin';
import {
  type Action,
  FOOTINGS,
  type Footing,
  type NamedCell,
  RESOURCES,
  RIGHTS,
  ROLES,
  type Resource,
  type Role,
  isWithinCeiling,
} from '../domain/rights.ts';
import { type PolicyMistake, quote } from './policy-refused.ts';
import { type Row, coversCell } from './policy-rules.ts';

/** The policy's answer. A permit names its row and the role it came from; a deny its row, if one did. */
export type Verdict =
  | { readonly permit: true; readonly rule: string; readonly role: Role }
  | { readonly permit: false; readonly rule?: string };

/** What the rows say to one role about one right. */
interface Stated {
  readonly role: Role;
  readonly verdict: Verdict;
}

/**
 * Resource → action → basis → what is stated, deny rows first and then permits by the order of
 * `ROLES`, so that the first entry whose role somebody holds is the answer. Roles about which no row
 * says anything are not there.
 */
export type Table = ReadonlyMap<
  Resource,
  ReadonlyMap<Action, ReadonlyMap<Footing, readonly Stated[]>>
>;

/** Words that exist in no list, to see whether a matcher lets them through. */
const MADE_UP = ['', '*', 'nobody', '.*', '(support|content|read|grant)', '__proto__'] as const;
const MISTAKES_SHOWN = 10;

/**
 * Asks casbin about every cell there is, once, and about some that there are not (canaries). It
 * must permit nothing that a row does not say word by word, nothing a deny row covers and nothing
 * outside the ceiling; otherwise the mistakes say which cells, and the table may not be used.
 */
export async function makeTable(
  model: string,
  rows: readonly Row[],
): Promise<{ table: Table; mistakes: PolicyMistake[] }> {
  const mistakes: string[] = [];
  try {
    const judge = await makeJudge(model, rows, mistakes);
    const table = fillTable(judge);
    for (const cell of listMadeUpCells(rows)) judge(cell);
    return { table, mistakes: summarise(mistakes) };
  } catch (fault) {
    const detail = `casbin cannot use it: ${quote(fault instanceof Error ? fault.message : '')}`;
    return { table: new Map(), mistakes: [{ file: 'model', detail }] };
  }
}

type Judge = (cell: NamedCell) => Row | undefined;

/** A judge answers with the row that decides a cell, and notes what the model gets wrong. */
async function makeJudge(model: string, rows: readonly Row[], mistakes: string[]): Promise<Judge> {
  const enforcer = await loadEnforcer(model, rows);
  const rowsByRule = new Map(rows.map((row) => [row.rule, row]));
  const denials = rows.filter((row) => row.effect === 'deny');
  return (cell) => {
    const { role, resource, action, basis } = cell;
    const [permits, named] = enforcer.enforceExSync(role, resource, action, basis);
    const row = rowsByRule.get(['p', ...named].join(', '));
    const denial = denials.find((other) => coversCell(other, cell));
    const mistake = permits ? doubtPermit(cell, row, denial) : doubtDenial(cell, row, denial);
    if (mistake !== undefined) mistakes.push(mistake);
    return permits || denial !== undefined ? row : undefined;
  };
}

/** A new enforcer of its own: nothing that fails here can touch a policy that is in use. */
function loadEnforcer(model: string, rows: readonly Row[]): Promise<Enforcer> {
  // Casbin is given the rows as we read them, so that there is one reading of the file.
  const rules = rows.map((row) => row.rule).join('\n');
  return newEnforcer(newModelFromString(model), new StringAdapter(rules));
}

function doubtPermit(
  cell: NamedCell,
  row: Row | undefined,
  denial: Row | undefined,
): string | undefined {
  const claim = `permits ${nameCell(cell)}`;
  if (row?.effect !== 'allow') return `${claim}, and names no row that allows it`;
  if (!isWithinCeiling(cell)) return `${claim}, which no policy may permit, by line ${row.line}`;
  if (!coversCell(row, cell)) return `${claim} by line ${row.line}, which does not say so`;
  if (denial !== undefined) return `${claim}, which line ${denial.line} denies`;
  return undefined;
}

function doubtDenial(
  cell: NamedCell,
  row: Row | undefined,
  denial: Row | undefined,
): string | undefined {
  if (denial === undefined) return undefined;
  if (row?.effect === 'deny' && coversCell(row, cell)) return undefined;
  // Left alone, this deny row would not beat the permit of another role of the same person.
  return `overlooks line ${denial.line}, which denies ${nameCell(cell)}`;
}

function nameCell({ role, resource, action, basis }: NamedCell): string {
  return [role, resource, action, basis].map(quote).join(' ');
}

/** Cells with one word that does not exist, the rest taken from one allow row of each resource. */
function listMadeUpCells(rows: readonly Row[]): NamedCell[] {
  const samples = new Map<string, NamedCell>();
  for (const { effect, role, resource, action, basis } of rows) {
    if (effect === 'deny' || samples.has(resource)) continue;
    samples.set(resource, { role, resource, action, basis });
  }
  const columns = ['role', 'resource', 'action', 'basis'] as const;
  return [...samples.values()].flatMap((sample) =>
    columns.flatMap((column) => MADE_UP.map((word) => ({ ...sample, [column]: word }))),
  );
}

function fillTable(judge: Judge): Table {
  return new Map(
    RESOURCES.map((resource) => [
      resource,
      new Map(
        RIGHTS[resource].map((action) => [
          action,
          new Map(FOOTINGS.map((basis) => [basis, state(judge, { resource, action, basis })])),
        ]),
      ),
    ]),
  );
}

function state(judge: Judge, question: Omit<NamedCell, 'role'>): readonly Stated[] {
  const stated = ROLES.flatMap((role) => {
    const row = judge({ role, ...question });
    return row === undefined ? [] : [{ role, verdict: giveVerdict(role, row) }];
  });
  const denials = stated.filter(({ verdict }) => !verdict.permit);
  const permits = stated.filter(({ verdict }) => verdict.permit);
  return [...denials, ...permits];
}

function giveVerdict(role: Role, { effect, rule }: Row): Verdict {
  return Object.freeze(effect === 'allow' ? { permit: true, rule, role } : { permit: false, rule });
}

/** A sloppy matcher can be wrong about hundreds of cells; the first ones tell what is wrong. */
function summarise(details: readonly string[]): PolicyMistake[] {
  const shown = details.slice(0, MISTAKES_SHOWN);
  if (details.length > shown.length) shown.push(`and ${details.length - shown.length} cells more`);
  return shown.map((detail) => ({ file: 'model', detail }));
}
