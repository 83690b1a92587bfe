import { type PolicyMistake, quote } from './policy-refused.ts';

/** The four definitions of policy.conf. Only the matcher is the operator's to write. */
const SECTIONS: ReadonlyMap<string, { readonly key: string; readonly fixed?: string }> = new Map([
  ['request_definition', { key: 'r', fixed: 'role, resource, action, basis' }],
  ['policy_definition', { key: 'p', fixed: 'role, resource, action, basis, eft' }],
  [
    'policy_effect',
    { key: 'e', fixed: 'some(where (p.eft == allow)) && !some(where (p.eft == deny))' },
  ],
  ['matchers', { key: 'm' }],
]);

/**
 * Comparisons of columns and plain words, combined. No function: casbin's `regexMatch` is not
 * anchored and `eval` runs what a row says; no property access: casbin's interpreter would follow
 * `constructor` out of the matcher; and nothing whose answer could change after the table is made.
 */
const MATCHER =
  /^(?:[ \t]|[rp]\.(?:role|resource|action|basis)(?![\w.[(])|"[a-z*-]*"|==|!=|&&|\|\||!|\(|\))+$/;

interface Definition {
  readonly line: number;
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** Every mistake in policy.conf; none means that casbin reads it as it reads to a person. */
export function findModelMistakes(text: string): PolicyMistake[] {
  const { definitions, begun, mistakes } = readDefinitions(text);
  for (const section of SECTIONS.keys()) {
    if (!begun.has(section)) mistakes.push({ file: 'model', detail: `[${section}] is missing` });
    const second = definitions.filter((definition) => definition.section === section)[1];
    if (second !== undefined) mistakes.push(blame(second.line, `[${section}] is defined twice`));
  }
  mistakes.push(...definitions.flatMap(judgeDefinition));
  return mistakes.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function blame(line: number, detail: string): PolicyMistake {
  return { file: 'model', line, detail };
}

function judgeDefinition({ section, key, value, line }: Definition): PolicyMistake[] {
  const wanted = SECTIONS.get(section);
  // A section that does not exist is a mistake already; its lines need no second one.
  if (wanted === undefined) return section === '' ? [blame(line, 'stands before any section')] : [];
  if (key !== wanted.key) {
    return [blame(line, `[${section}] defines ${wanted.key}, not ${quote(key)}`)];
  }
  if (wanted.fixed === undefined) return MATCHER.test(value) ? [] : [blame(line, MATCHER_RULE)];
  if (spaceEvenly(value) === wanted.fixed) return [];
  return [blame(line, `must be: ${key} = ${wanted.fixed}`)];
}

const MATCHER_RULE =
  'a matcher compares r.role, r.resource, r.action, r.basis, the same of p, and "words"' +
  ' with == != && || ! and parentheses; it has no functions, patterns or other literals';

function spaceEvenly(value: string): string {
  return value.replace(/[ \t]+/g, ' ').replace(/ ?, ?/g, ', ');
}

/**
 * Splits the text as casbin does, and refuses what casbin would repair or read otherwise: comments
 * behind a definition, definitions broken off, sections and names it has no use for.
 */
function readDefinitions(text: string): {
  definitions: Definition[];
  /** The sections that hold something, well written or not. */
  begun: Set<string>;
  mistakes: PolicyMistake[];
} {
  const definitions: Definition[] = [];
  const mistakes: PolicyMistake[] = [];
  const [headers, begun] = [new Set<string>(), new Set<string>()];
  let section = '';
  for (const { line, content } of joinContinuations(text)) {
    const header = /^\[(.*)\]$/.exec(content)?.[1];
    const read = header === undefined ? readDefinition(content) : judgeHeader(header, headers);
    if (header === undefined) {
      begun.add(section);
    } else {
      headers.add(header);
      section = header;
    }
    if (typeof read === 'string') mistakes.push(blame(line, read));
    if (typeof read === 'object') definitions.push({ ...read, line, section });
  }
  return { definitions, begun, mistakes };
}

function judgeHeader(header: string, seen: ReadonlySet<string>): string | undefined {
  if (!SECTIONS.has(header)) return `[${header}] is not a section of a policy model`;
  return seen.has(header) ? `[${header}] stands twice` : undefined;
}

function readDefinition(content: string): { key: string; value: string } | string {
  if (/[#;]/.test(content)) return 'a comment needs a line of its own';
  if (/[^\t\x20-\x7e]/.test(content)) return 'only printable ASCII stands in definitions';
  if (content.endsWith('\\')) return 'breaks off: the line after a \\ goes on with the definition';
  const equals = content.indexOf('=');
  if (equals === -1) return `neither a section nor a definition: ${quote(content)}`;
  return { key: content.slice(0, equals).trim(), value: content.slice(equals + 1).trim() };
}

/** Lines without blanks and comments; a line that ends in `\` goes on in the next. */
function joinContinuations(text: string): { line: number; content: string }[] {
  const joined: { line: number; content: string }[] = [];
  let open: { line: number; content: string } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.trim();
    const goesOn = content !== '' && !/^[#;[]/.test(content);
    if (open !== undefined && goesOn) {
      open.content = open.content.slice(0, -1).trim() + content;
    } else if (content !== '' && !/^[#;]/.test(content)) {
      open = { line: index + 1, content };
      joined.push(open);
    }
    if (open?.content.endsWith('\\') !== true || !goesOn) open = undefined;
  }
  return joined;
}
