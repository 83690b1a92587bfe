import { collectDefaultMetrics, Counter, Gauge, Registry } from '@prometheus-io/client';
import type { Exchanges } from './gateway/exchanges.ts';
import type { Publisher } from './recorder/publisher.ts';
import type { Recorder } from './recorder/recorder.ts';
import { systemClock } from './store/clock.ts';

/** What Prometheus is told. Counts come from the log itself, so they cannot disagree with it. */
export function createMetrics(
  recorder: Recorder,
  publisher: Publisher,
  exchanges: Exchanges,
): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const entries = new Counter({
    name: 'sallyport_entries_total',
    help: 'Log entries recorded since this process started, by event.',
    labelNames: ['event'],
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'sallyport_refusals_total',
    help: 'Requests that were not let through since this process started, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const clockSteps = new Counter({
    name: 'sallyport_clock_steps_total',
    help: 'How often the wall clock was set by more than five minutes since this process started.',
    registers: [registry],
  });
  recorder.follow((followed) => {
    for (const { record } of followed) {
      entries.inc({ event: record.event });
      if (record.event === 'clock.stepped') clockSteps.inc();
      if (record.event === 'access.refused')
        refusals.inc({ reason: String(record['reason']) }, countOf(record));
    }
  });
  registry.registerMetric(
    new Gauge({
      name: 'sallyport_open_exchanges',
      help: 'Requests, streams and WebSockets under way.',
      registers: [],
      collect() {
        this.set(exchanges.count);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'sallyport_log_ahead_seconds',
      help: 'How far the time of the log is ahead of the wall clock, which was set back by so much.',
      registers: [],
      collect() {
        this.set(Math.max(0, recorder.now() - systemClock.now()) / 1000);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'sallyport_able_to_record',
      help: '1 while an access could be recorded, 0 while nothing is let through.',
      registers: [],
      collect() {
        this.set(recorder.health().able ? 1 : 0);
      },
    }),
  );
  for (const gauge of checkGauges(publisher)) registry.registerMetric(gauge);
  return registry;
}

/** How far the log has been read back that was there when this process started. */
function checkGauges(publisher: Publisher): Gauge[] {
  return [
    new Gauge({
      name: 'sallyport_log_check_entries',
      help: 'Signed entries that were there at the start: all of them are read back.',
      registers: [],
      collect() {
        this.set(publisher.progress.of);
      },
    }),
    new Gauge({
      name: 'sallyport_log_checked_entries',
      help: 'How many of them have been read back so far.',
      registers: [],
      collect() {
        this.set(publisher.progress.checked);
      },
    }),
    new Gauge({
      name: 'sallyport_log_sound',
      help: '1 while nothing in the stored log was found other than it was written, 0 once it was.',
      registers: [],
      collect() {
        this.set(publisher.health().able ? 1 : 0);
      },
    }),
  ];
}

function countOf(record: { readonly [field: string]: unknown }): number {
  return typeof record['count'] === 'number' ? record['count'] : 1;
}
