/**
 * What may be written only in certain rooms, or nowhere: the judge of one file's words.
 *
 * Remarks are left out of the reading, except by the rules about remarks.
 */

interface Rule {
  /** What the words would break. */
  readonly says: string;
  readonly pattern: RegExp;
  /** Path prefixes the rule does not hold for. */
  readonly except?: readonly string[];
  /** Path prefixes the rule holds for; all of `src/` unless said. */
  readonly within?: readonly string[];
  readonly readsRemarks?: true;
}

/** Rooms that do no I/O, read no clock and draw no randomness. */
const PURE = ['src/domain/', 'src/tlog/'];

const RULES: readonly Rule[] = [
  {
    says: 'only the judge makes a Permit',
    pattern: castTo('Permit'),
    except: ['src/policy/'],
  },
  {
    says: 'only the recorder makes a Recorded',
    pattern: castTo('Recorded'),
    except: ['src/recorder/'],
  },
  {
    says: 'any is no type',
    pattern: /\bas\s+any\b|\bany\[\]|[:<|&,=]\s*any\s*(?=[;,)>=|&\]}{]|$)/m,
  },
  {
    says: 'the compiler and the linter are not silenced',
    pattern:
      /@ts-(?:ignore|expect-error|nocheck)|(?:eslint|oxlint)-disable|biome-ignore(?! format)/,
    readsRemarks: true,
  },
  {
    says: 'only the store knows its engine',
    pattern: /['"`]better-sqlite3(?:\/[^'"`\n]*)?['"`]/,
    except: ['src/store/'],
  },
  {
    says: 'only the recorder commits to the store',
    pattern: /\bstore\s*[?!]?\.\s*commit\s*\(/i,
    except: ['src/recorder/'],
  },
  {
    says: 'no clock here',
    pattern:
      /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\.|\bset(?:Timeout|Interval)\(/,
    within: PURE,
  },
  {
    says: 'no randomness here',
    pattern: /\bMath\.random\b|\brandomUUID|\bgetRandomValues\b/,
    within: PURE,
  },
  {
    says: 'no input or output here',
    pattern: /\b(?:process|console)\.|\bfetch\(/,
    within: PURE,
  },
  {
    says: 'bytes are Uint8Array here, so that browsers can check too',
    pattern: /\bBuffer\b/,
    within: [...PURE, 'src/audit/'],
  },
];

/** What is wrong with the words of one file, in sentences; empty when nothing is. */
export function wordingViolations(path: string, text: string): string[] {
  const code = withoutRemarks(text);
  return RULES.filter((rule) => holdsFor(rule, path))
    .filter((rule) => rule.pattern.test(rule.readsRemarks ? text : code))
    .map((rule) => `${path}: ${rule.says}`);
}

function holdsFor(rule: Rule, path: string): boolean {
  const starts = (prefix: string) => path.startsWith(prefix);
  return (rule.within?.some(starts) ?? true) && !rule.except?.some(starts);
}

/** `x as Name`, `x as unknown as Promise<Name>`, `<Name>x`; but not `f<Name>(x)` or `Name as Other`. */
function castTo(name: string): RegExp {
  return new RegExp(`\\bas\\s+[^;,)\\n]*\\b${name}\\b|(?<![\\w$>\\])])<\\s*${name}\\b[^=\\n]*>`);
}

/** Lines that are remarks, and remarks at the end of lines, removed. */
function withoutRemarks(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
    .map((line) => line.replace(/\s\/\/\s.*$/, ''))
    .join('\n');
}
