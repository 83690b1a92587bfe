import { Gauge, type Registry } from '@prometheus-io/client';
import { formatInstant } from './domain/time.ts';
import type { Publisher } from './recorder/publisher.ts';
import type { Witnessing } from './recorder/witnessing.ts';

/** One line: how far the log is witnessed, and since when. */
export function describeWitnessed({ witnessed }: Witnessing): string {
  if (witnessed === undefined) return 'witnessed: nothing yet';
  return `witnessed: ${witnessed.size} entries, since ${formatInstant(witnessed.since)}`;
}

/** How far the log is signed and witnessed: what stays behind for long is worth an alarm. */
export function addWitnessMetrics(
  registry: Registry,
  publisher: Publisher,
  witnessing: Witnessing,
): void {
  const add = (name: string, help: string, read: () => number): void =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read());
        },
      }),
    );
  add(
    'sallyport_published_size',
    'Entries that the last signed checkpoint covers.',
    () => publisher.published?.size ?? 0,
  );
  add(
    'sallyport_witnessed_size',
    'Entries that the last checkpoint covers that enough witnesses have cosigned.',
    () => witnessing.witnessed?.size ?? 0,
  );
  add(
    'sallyport_witnessed_timestamp_seconds',
    'When enough witnesses had cosigned it, seconds since the epoch; 0 for never.',
    () => (witnessing.witnessed?.since ?? 0) / 1000,
  );
  registry.registerMetric(
    new Gauge({
      name: 'sallyport_witness_size',
      help: 'Entries that each witness has cosigned.',
      labelNames: ['witness'],
      registers: [],
      collect() {
        for (const { witness, size } of witnessing.sizes()) this.set({ witness }, size);
      },
    }),
  );
}
