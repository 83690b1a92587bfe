import type { VerifiableLog } from '../../../audit/verifiable-log.ts';
import type { Outcome, Verdict, VerifyReport } from '../../../audit/verify.ts';
import { encodeBase64 } from '../../../tlog/base64.ts';
import { formatKeyId } from '../../../tlog/note-key.ts';
import { visible } from '../report-text.ts';
import { element } from './element.ts';
import { NOT_CHECKED, OUTCOME_WORDS, VERDICT_WORDS } from './verdict-words.ts';

/** What was checked, besides the answers. */
export interface Checked {
  readonly file: File;
  readonly log: VerifiableLog;
  /** When it was checked. */
  readonly at: Date;
}

const number = new Intl.NumberFormat('en');

/** The answers one by one, then what was checked and what was not. */
export function renderReport(report: VerifyReport, checked: Checked): readonly Node[] {
  return [
    element('h2', { tabindex: '-1' }, 'The answers, one by one'),
    element('p', { class: 'lead' }, countOutcomes(report.verdicts)),
    ...(report.exitCode === 3 ? [adviseToKeep()] : []),
    element('ol', { class: 'rows verdicts' }, ...report.verdicts.map(renderVerdict)),
    element('h2', {}, 'What was checked'),
    renderChecked(report, checked),
    element('h2', {}, 'What was not checked'),
    element('ul', {}, ...NOT_CHECKED.map((line) => element('li', {}, line))),
  ];
}

/** The worst first. */
const COUNTED: readonly (readonly [Outcome, (count: number) => string])[] = [
  ['misbehaviour', (count) => `${count} ${count === 1 ? 'shows' : 'show'} that the log has lied`],
  ['refuted', (count) => `${count} ${count === 1 ? 'does' : 'do'} not hold`],
  ['undecided', (count) => `${count} cannot be decided`],
  ['verified', (count) => `${count} ${count === 1 ? 'holds' : 'hold'}`],
  ['not-asked', (count) => `${count} ${count === 1 ? 'was' : 'were'} not asked`],
];

/** There is no word for all of them together, and there must not be one. */
function countOutcomes(verdicts: readonly Verdict[]): string {
  const counts = COUNTED.flatMap(([outcome, words]) => {
    const count = verdicts.filter((verdict) => verdict.outcome === outcome).length;
    return count === 0 ? [] : [words(count)];
  });
  return `Of ${verdicts.length} questions, ${counts.join(', ')}.`;
}

function adviseToKeep(): Node {
  return element(
    'p',
    { class: 'notice refused' },
    'Keep this bundle and the checkpoint you compared it with, unchanged: together they are evidence that anybody can check.',
  );
}

function renderVerdict(verdict: Verdict): Node {
  const { question, says, saysNot } = VERDICT_WORDS[verdict.name];
  const { word, meaning } = OUTCOME_WORDS[verdict.outcome];
  const isGood = verdict.outcome === 'verified';
  return element(
    'li',
    { 'data-verdict': verdict.name, 'data-outcome': verdict.outcome },
    element('h3', {}, question),
    element('span', { class: `meaning ${meaning}` }, word),
    element(
      'div',
      { class: 'reasons' },
      element('p', {}, visible(verdict.detail)),
      ...(isGood ? [element('p', {}, says)] : []),
      element('p', { class: 'soft' }, saysNot),
      ...renderFindings(verdict),
    ),
  );
}

function renderFindings({ findings, found }: Verdict): Node[] {
  if (findings.length === 0) return [];
  const lines = findings.map((finding) => element('li', { class: 'mono' }, visible(finding)));
  const more = found - findings.length;
  const rest = more > 0 ? [element('li', {}, `and ${number.format(more)} more`)] : [];
  return [element('ul', { class: 'findings' }, ...lines, ...rest)];
}

function renderChecked({ checkpoint }: VerifyReport, { file, log, at }: Checked): Node {
  const rows: [string, string][] = [
    ['File', `${visible(file.name)}, ${number.format(file.size)} bytes`],
    ['Entries', describeRange(log, checkpoint?.size)],
  ];
  if (checkpoint !== undefined)
    rows.push(
      ['Log', visible(checkpoint.origin)],
      ['Signed size', `${number.format(checkpoint.size)} entries`],
      ['Root hash', encodeBase64(checkpoint.root)],
      ['Signed by', checkpoint.signatures.map(({ key }) => nameOf(key)).join(', ')],
    );
  rows.push(['Checked', at.toISOString()]);
  return element(
    'dl',
    {},
    ...rows.flatMap(([term, value]) => [
      element('dt', {}, term),
      element('dd', { class: 'mono' }, value),
    ]),
  );
}

function describeRange({ range: { from, to } }: VerifiableLog, size: number | undefined): string {
  if (from === to) return 'chosen ones';
  if (from === 0 && to === size) return 'all';
  return `${number.format(from)} to ${number.format(to - 1)}, and chosen ones`;
}

function nameOf({ name, id }: { readonly name: string; readonly id: number }): string {
  return `${visible(name)} (key ${formatKeyId(id)})`;
}
