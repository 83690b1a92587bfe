import { isAccountHost } from './config-addresses.ts';
import { formatPath, type KeyPath } from './config-mistake.ts';
import type { Settings } from './config-schema.ts';
import type { Target } from './config-types.ts';
import { formatDuration } from './domain/duration.ts';

/**
 * The settings while some of them may be wrong. A rule MUST ask `isSound` before it looks at a value:
 * where something was refused, the value is not what its type says.
 */
export interface Judged {
  readonly settings: Settings;
  /** Whether nothing was found wrong at these places, around them or below them. */
  readonly isSound: (...places: KeyPath[]) => boolean;
  readonly refuse: (place: KeyPath, detail: string) => void;
}

/** What several keys must keep together. Each rule says what it finds, whatever the others find. */
export function checkTogether(judged: Judged): void {
  checkOrigins(judged);
  checkSecrets(judged);
  checkDurations(judged);
  checkListeners(judged);
  checkOwnFiles(judged);
  checkUpstreams(judged);
}

function checkOrigins({ settings, isSound, refuse }: Judged): void {
  if (!isSound(['publicUrl'], ['accountUrl'])) return;
  const { publicUrl, accountUrl } = settings;
  if (isAccountHost(accountUrl, publicUrl.hostname)) {
    refuse(['publicUrl'], 'must not have a host that accountUrl gives to an account');
  }
  if (publicUrl.scheme !== accountUrl.scheme) {
    refuse(['accountUrl'], `must have the scheme of publicUrl, which is ${publicUrl.scheme}`);
  }
}

/** A secret that is given as it is or in a file, but not as both, below a section of the settings. */
interface SecretPair {
  readonly section: KeyPath;
  readonly key: string;
  readonly isRequired: boolean;
}

function checkSecrets(judged: Judged): void {
  for (const { section, key, isRequired } of secretPairs(judged)) {
    const [inline, file] = [
      [...section, key],
      [...section, `${key}File`],
    ] as const;
    if (!judged.isSound(inline, file)) continue;
    const given = [inline, file].filter((place) => valueAt(judged.settings, place) !== undefined);
    if (given.length === 2) judged.refuse(file, `must not be given together with ${key}`);
    if (given.length === 0 && isRequired) judged.refuse(inline, `is required, or ${key}File`);
  }
}

function secretPairs({ settings, isSound }: Judged): readonly SecretPair[] {
  const pairs: SecretPair[] = [{ section: ['session'], key: 'secret', isRequired: false }];
  pairs.push({ section: ['staff'], key: 'clientSecret', isRequired: true });
  if (settings.owners) pairs.push({ section: ['owners'], key: 'clientSecret', isRequired: true });
  const count = isSound(['notices', 'webhooks', 'length']) ? settings.notices?.webhooks.length : 0;
  for (let position = 0; position < (count ?? 0); position += 1) {
    pairs.push({ section: ['notices', 'webhooks', position], key: 'secret', isRequired: true });
  }
  return pairs;
}

const ORDERED: readonly (readonly [shorter: KeyPath, longer: KeyPath])[] = [
  [
    ['session', 'idle'],
    ['session', 'absolute'],
  ],
  [
    ['session', 'recheck'],
    ['session', 'absolute'],
  ],
  [
    ['grants', 'defaultDuration'],
    ['grants', 'maxDuration'],
  ],
  [
    ['reviews', 'breakGlass', 'maxDuration'],
    ['reviews', 'maxDuration'],
  ],
];

function checkDurations({ settings, isSound, refuse }: Judged): void {
  for (const [shorter, longer] of ORDERED) {
    if (!isSound(shorter, longer)) continue;
    const [low, high] = [valueAt(settings, shorter), valueAt(settings, longer)];
    if (typeof low !== 'number' || typeof high !== 'number' || low <= high) continue;
    refuse(
      shorter,
      `must not be longer than ${formatPath(longer)}, which is ${formatDuration(high)}`,
    );
  }
}

function valueAt(settings: Settings, place: KeyPath): unknown {
  return place.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    settings,
  );
}

function checkListeners({ settings, isSound, refuse }: Judged): void {
  if (!isSound(['listen', 'host'], ['listen', 'port'], ['listen', 'admin'])) return;
  const { host, port, admin } = settings.listen;
  if (admin && port !== 0 && admin.port === port && admin.host === host) {
    refuse(['listen', 'admin'], 'must not be the address of listen itself');
  }
}

/** The files the gateway writes itself: two of them in one would destroy each other. */
const OWN_FILES: readonly {
  readonly place: KeyPath;
  readonly fileOf: (settings: Settings) => string | undefined;
}[] = [
  {
    place: ['store'],
    fileOf: ({ store }) => (store.engine === 'sqlite' ? store.file : undefined),
  },
  {
    place: ['store'],
    fileOf: ({ store }) => (store.engine === 'sqlite' ? `${store.file}.reserve` : undefined),
  },
  { place: ['session', 'secretFile'], fileOf: ({ session }) => session.secretFile?.file },
  { place: ['log', 'keyFile'], fileOf: ({ log }) => log.keyFile },
  { place: ['log', 'guardFile'], fileOf: ({ log }) => log.guardFile },
];

function checkOwnFiles({ settings, isSound, refuse }: Judged): void {
  const seen = new Map<string, KeyPath>();
  for (const { place, fileOf } of OWN_FILES.filter((own) => isSound(own.place))) {
    const file = fileOf(settings);
    const earlier = file === undefined ? undefined : seen.get(file);
    if (earlier) refuse(place, `must not be the file of ${formatPath(earlier)}`);
    else if (file !== undefined) seen.set(file, place);
  }
}

function checkUpstreams(judged: Judged): void {
  const { settings, isSound, refuse } = judged;
  if (!isSound(['upstreams', 'length'])) return;
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [position, upstream] of settings.upstreams.entries()) {
    const place = ['upstreams', position];
    const claim = (taken: Set<string>, key: KeyPath, value: () => string) => {
      if (!isSound([...place, ...key])) return;
      if (taken.has(value())) refuse([...place, ...key], `is taken already: ${value()}`);
      taken.add(value());
    };
    claim(names, ['name'], () => upstream.name);
    const written = isSound([...place, 'paths', 'length']) ? upstream.paths : [];
    for (const [index, path] of written.entries()) claim(paths, ['paths', index], () => path);
    if (isSound([...place, 'target'])) checkTarget(judged, [...place, 'target'], upstream.target);
  }
}

/** A gateway that forwards to itself would never come to an end. */
function checkTarget({ settings, isSound, refuse }: Judged, place: KeyPath, target: Target): void {
  const { publicUrl, accountUrl, listen } = settings;
  const isPublic = isSound(['publicUrl']) && target.origin === publicUrl.origin;
  const isAccounts =
    isSound(['accountUrl']) &&
    target.port === accountUrl.port &&
    isAccountHost(accountUrl, target.hostname);
  const isListener =
    isSound(['listen', 'host'], ['listen', 'port']) &&
    target.port === listen.port &&
    target.hostname === listen.host;
  if (isPublic || isAccounts || isListener) refuse(place, 'must not be the gateway itself');
}
