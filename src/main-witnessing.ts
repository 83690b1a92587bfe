import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { readWitnessPolicy } from './config-witnesses.ts';
import { loopbackFetch } from './http/loopback-fetch.ts';
import type { Publisher } from './recorder/publisher.ts';
import { Witnessing, type WitnessingReport } from './recorder/witnessing.ts';
import { systemClock } from './store/clock.ts';
import type { Store } from './store/store.ts';

/** Begins to have the log cosigned, if witnesses are configured, and logs what becomes of it. */
export async function startWitnessing(
  { log }: Config,
  store: Store,
  publisher: Publisher,
  logger: Logger,
): Promise<Witnessing | undefined> {
  if (log.witnesses === undefined) return undefined;
  return Witnessing.start({
    ...readWitnessPolicy(log.witnesses),
    store,
    publisher,
    dial: (url, request) => loopbackFetch(url, request),
    now: () => systemClock.now(),
    report: (report) => logReport(logger, report),
  });
}

function logReport(logger: Logger, report: WitnessingReport): void {
  switch (report.is) {
    case 'troubled': {
      const { witness, why } = report;
      return logger.warn({ witness, why }, 'a witness does not cosign; it is asked again');
    }
    case 'free-again':
      return logger.info({ witness: report.witness }, 'the witness cosigns again');
    case 'unwitnessed': {
      const { size, witnessed } = report;
      return logger.warn({ size, witnessed }, 'too few witnesses cosign what the log has signed');
    }
    case 'witnessed-again':
      return logger.info({ size: report.size }, 'enough witnesses have cosigned again');
    case 'not-kept':
      return logger.error({ err: report.error }, 'a cosignature could not be kept');
  }
}
