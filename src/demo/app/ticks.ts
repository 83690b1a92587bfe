/** What a live connection is told each second. */
export interface Tick {
  readonly account: string;
  /** How many this connection has been sent, this one included. */
  readonly count: number;
  /** RFC 3339, UTC. */
  readonly at: string;
}

const INTERVAL_MS = 1_000;

/** Sends a tick at once and then each second, until the function it returns is called. */
export function startTicks(account: string, send: (tick: Tick) => void): () => void {
  let count = 0;
  const tick = () => {
    count += 1;
    send({ account, count, at: new Date().toISOString() });
  };
  tick();
  const timer = setInterval(tick, INTERVAL_MS);
  return () => clearInterval(timer);
}
