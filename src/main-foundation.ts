import { hash, randomUUIDv7 } from 'node:crypto';
import type { Logger } from 'pino';
import { type Config, ConfigRefused, describeConfig } from './config.ts';
import type { Agreement, Control } from './control/control.ts';
import { GATEWAY } from './domain/event.ts';
import type { InstanceId } from './domain/ids.ts';
import { openLogPublisher } from './main-publisher.ts';
import { startRetention } from './main-retention.ts';
import { VERSION } from './main-version.ts';
import { logClockStep, logReserve } from './main-watch.ts';
import { startWitnessing } from './main-witnessing.ts';
import { loadPolicy, type Policy } from './policy/policy.ts';
import { Heartbeat } from './recorder/heartbeat.ts';
import type { Publisher } from './recorder/publisher.ts';
import { Evidence } from './recorder/evidence.ts';
import { Recorder } from './recorder/recorder.ts';
import { demandNoRecovery } from './recorder/recover-log.ts';
import { resumeLog } from './recorder/resume.ts';
import type { Witnessing } from './recorder/witnessing.ts';
import { rotateKey } from './recorder/rotate-key.ts';
import type { Retention } from './recorder/retention.ts';
import { systemClock } from './store/clock.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import type { Store } from './store/store.ts';

/** The lower floors: what every door stands on. */
export interface Foundation {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly publisher: Publisher;
  readonly heartbeat: Heartbeat;
  /** Without witnesses in the configuration there is none. */
  readonly witnessing: Witnessing | undefined;
  readonly retention: Retention;
  readonly control: Control;
}

/**
 * Loads the policy, opens the store, holds its log against what was last signed, ends what a crash left
 * open, and records that we are here. Throws `PolicyRefused`, `LogRefused`, or the fault that keeps the
 * store from being opened.
 */
export async function layFoundation(config: Config, logger: Logger): Promise<Foundation> {
  const { model, rules } = config.policy;
  const policy = await loadPolicy({ model: model.text, rules: rules.text });
  const store = await openStore(config, logger);
  try {
    const publisher = await openLogPublisher(config, store, logger);
    const { lastTime } = await store.reader.logState();
    const recorder = new Recorder(store, systemClock, lastTime);
    const { interrupted } = await resumeLog(recorder, store, config.log.origin);
    if (interrupted > 0) logger.warn({ interrupted }, 'accesses a crash had left open were ended');
    await rotateKey(config.log, recorder, publisher);
    await recordStart(recorder, store, config, policy);
    recorder.watchClock((stepMs) => logClockStep(logger, stepMs));
    await recorder.startSearch();
    const witnessing = await startWitnessing(config, store, publisher, logger);
    publisher.start();
    const heartbeat = new Heartbeat(recorder, config.log.heartbeatEveryMs, recorder.now());
    const evidence = new Evidence(store, publisher);
    const control = createControl(config, { recorder, evidence }, policy);
    const retention = startRetention(config, { store, recorder }, logger);
    return { store, recorder, publisher, witnessing, heartbeat, retention, control };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openStore(config: Config, logger: Logger): Promise<Store> {
  const { store, log } = config;
  if (store.engine !== 'sqlite')
    throw new ConfigRefused(config.file, [
      { path: 'store', detail: 'PostgreSQL is not supported by this version' },
    ]);
  demandNoRecovery(store.file);
  return openSqliteStore({
    file: store.file,
    instance: randomUUIDv7() as InstanceId,
    retentionMs: log.retentionMs,
    onReserve: (report) => logReserve(logger, report),
  });
}

async function recordStart(
  recorder: Recorder,
  store: Store,
  config: Config,
  policy: Policy,
): Promise<void> {
  const actor = GATEWAY;
  await recorder.record([
    { event: 'gateway.started', actor, instance: store.instance, version: VERSION },
    { event: 'configuration.loaded', actor, digest: describeConfig(config).digest },
    {
      event: 'policy.loaded',
      actor,
      policy: policy.digest,
      model: policy.model,
      rules: policy.rules,
    },
  ]);
}

function createControl(
  config: Config,
  { recorder, evidence }: Pick<Control, 'recorder' | 'evidence'>,
  policy: Policy,
): Control {
  return {
    recorder,
    evidence,
    policy: () => policy,
    settings: {
      staffIssuer: config.staff.issuer,
      grants: config.grants,
      session: config.session,
      agreement: readAgreement(config),
      accountOrigin: (account) => config.accountUrl.template.replace('{account}', account),
    },
  };
}

function readAgreement({ agreement }: Config): Agreement | undefined {
  if (agreement === undefined) return undefined;
  const { version, text } = agreement;
  return { version, text, digest: `sha256:${hash('sha256', text)}` };
}
