import { searchRecords } from '../../control/records.ts';
import { type Instant, parseInstant } from '../../domain/time.ts';
import { type Html, html } from '../../http/html.ts';
import { type Desk, show } from '../desk.ts';
import { type Filled, otherMistakes, textField } from '../fields.ts';
import { attempt, type Form, readForm, withoutEmpty } from '../form.ts';
import { moment } from '../moments.ts';
import { numberIn, type ShownRecord, textIn } from '../record-reading.ts';
import { STAFF } from '../staff-words.ts';
import { railOf } from '../staff/rail.ts';

type FilterName = keyof typeof STAFF.recordFilters;

// The words are an object literal, so its keys are exactly the filters.
const FILTERS = Object.keys(STAFF.recordFilters) as readonly FilterName[];

/** `GET /records`: the log, filtered by what stands in the URL. That it was read is on record first. */
export async function showRecords(desk: Desk): Promise<void> {
  const values = withoutEmpty(readForm(desk.request.query));
  const outcome = await attempt(() => searchRecords(desk.control, desk.caller, values));
  const mistakes = 'mistakes' in outcome ? outcome.mistakes : [];
  const content = html`<h1>${STAFF.recordsFound}</h1>
<p class="lead">${STAFF.recordsLead}</p>
${renderFilters({ values, mistakes })}
${'done' in outcome && renderFound(outcome.done, values, desk.now)}`;
  const isStaff = desk.caller.session.principal.realm === 'staff';
  const page = { title: STAFF.recordsTitle, content };
  const whole = isStaff ? { ...page, rail: railOf(desk, '/records') } : page;
  show(desk, whole, mistakes.length > 0 ? 422 : 200);
}

function renderFilters(filled: Filled): Html {
  const fields = FILTERS.map((name) =>
    textField(filled, { name, label: STAFF.recordFilters[name], maxLength: 320 }),
  );
  const shown = FILTERS.map((name) => `/${name}`);
  return html`<form method="get" action="/records">${otherMistakes(filled, shown)}
<details${(filled.mistakes.length > 0 || hasFilters(filled.values)) && html` open`}><summary>${STAFF.filterTitle}</summary>
${fields}<p class="actions"><button>${STAFF.filter}</button></p></details></form>`;
}

function hasFilters(values: Form): boolean {
  return FILTERS.some((name) => values[name] !== undefined);
}

/** A page that was reached backwards comes oldest first, and is shown like every other. */
function renderFound(
  found: { readonly items: readonly ShownRecord[]; readonly nextCursor: string | undefined },
  values: Form,
  now: Instant,
): Html {
  const isBackwards = values['order'] === 'asc';
  const records = isBackwards ? found.items.toReversed() : found.items;
  if (records.length === 0) return html`<p class="soft">${STAFF.recordsNone}</p>`;
  const heads = STAFF.recordColumns.map((column) => html`<th scope="col">${column}</th>`);
  return html`<div class="table"><table><thead><tr>${heads}</tr></thead>
<tbody>${records.map((record) => renderRecord(record, now))}</tbody></table></div>
${renderWays(records, values, { isBackwards, hasMore: found.nextCursor !== undefined })}`;
}

function renderWays(
  records: readonly ShownRecord[],
  values: Form,
  { isBackwards, hasMore }: { isBackwards: boolean; hasMore: boolean },
): Html {
  const hasNewer = isBackwards ? hasMore : values['cursor'] !== undefined;
  const hasOlder = isBackwards || hasMore;
  const newer = linkTo(values, { order: 'asc', cursor: String(records[0]?.index) });
  const older = linkTo(values, { order: 'desc', cursor: String(records.at(-1)?.index) });
  return html`<p class="actions">
${hasNewer && html`<a class="button quiet" rel="prev" href="${newer}">${STAFF.newer}</a>`}
${hasOlder && html`<a class="button quiet" rel="next" href="${older}">${STAFF.older}</a>`}</p>`;
}

function linkTo(values: Form, place: { order: string; cursor: string }): string {
  return `/records?${new URLSearchParams({ ...values, ...place }).toString()}`;
}

function renderRecord(record: ShownRecord, now: Instant): Html {
  const who = textIn(record, 'actor', 'email') ?? textIn(record, 'actor', 'subject');
  return html`<tr><td class="number"><a href="/api/v1/records/${record.index}">${record.index}</a></td>
<td>${moment(parseInstant(record.at) ?? 0, now, 'seconds')}</td>
<td>${record.event === 'access.refused' ? html`<span class="meaning refused">${record.event}</span>` : record.event}</td>
<td>${textIn(record, 'account')}</td><td>${who}</td><td>${sayDetails(record)}</td></tr>`;
}

/** What one line has room for; the whole record is one call of the API away. */
function sayDetails(record: ShownRecord): string {
  const method = textIn(record, 'request', 'method');
  const path = textIn(record, 'request', 'path');
  const attemptIndex = numberIn(record, 'attempt');
  const status = numberIn(record, 'status');
  const words = [
    path === undefined ? undefined : `${method ?? ''} ${path}`,
    attemptIndex === undefined ? undefined : `of ${attemptIndex}`,
    status === undefined ? undefined : `status ${status}`,
    sayBasis(record),
    sayGrant(record),
    textIn(record, 'cut'),
    textIn(record, 'reason'),
    textIn(record, 'why'),
    textIn(record, 'purpose'),
    textIn(record, 'query'),
  ];
  return words.filter((word) => word !== undefined).join(' · ');
}

/** Ids that were made at the same time begin alike: their ends tell them apart. */
function sayBasis(record: ShownRecord): string | undefined {
  const kind = textIn(record, 'basis', 'kind');
  const id = textIn(record, 'basis', 'id');
  return kind === undefined || id === undefined ? undefined : `${kind} …${id.slice(-8)}`;
}

function sayGrant(record: ShownRecord): string | undefined {
  const scope = textIn(record, 'grant', 'scope');
  const grantee =
    textIn(record, 'grant', 'grantee', 'role') ??
    textIn(record, 'grant', 'grantee', 'email') ??
    textIn(record, 'grant', 'grantee', 'person', 'subject');
  return scope === undefined ? undefined : `${grantee ?? ''} may ${scope}`;
}
