/** Contents of entries from `from` up to but not including `to` were erased, at an instant. */
export interface Erasure {
  /** Of the entry that says so. */
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

/** When the contents of an entry were erased at the latest. */
export class ErasureTimes {
  /** Between two points next to each other the same erasures hold. */
  readonly #points: readonly number[];
  readonly #latest: readonly (number | undefined)[];
  readonly #erasures: readonly Erasure[];

  constructor(erasures: readonly Erasure[]) {
    const points = [...new Set(erasures.flatMap(({ from, to }) => [from, to]))];
    this.#points = points.toSorted((one, other) => one - other);
    this.#latest = paint(this.#points, erasures);
    this.#erasures = erasures;
  }

  /** All that cover this index. It looks through every erasure there was. */
  of(index: number): readonly Erasure[] {
    return this.#erasures.filter(({ from, to }) => from <= index && index < to);
  }

  /** `undefined`: no erasure covers this index. */
  lastOf(index: number): number | undefined {
    return this.#latest[segmentOf(this.#points, index)];
  }
}

/** The latest first, so that each segment is painted once: `after` leads past those that are. */
function paint(points: readonly number[], erasures: readonly Erasure[]): (number | undefined)[] {
  const latest: (number | undefined)[] = [];
  const after = points.map((_, at) => at);
  for (const { from, to, at } of erasures.toSorted((one, other) => other.at - one.at))
    for (
      let segment = follow(after, segmentOf(points, from));
      (points[segment] ?? to) < to;
      segment = follow(after, segment + 1)
    ) {
      latest[segment] = at;
      after[segment] = segment + 1;
    }
  return latest;
}

/** The first segment from `start` on that is not painted. */
function follow(after: number[], start: number): number {
  let end = start;
  while ((after[end] ?? end) !== end) end = after[end] ?? end;
  for (let at = start; at !== end; ) {
    const next = after[at] ?? end;
    after[at] = end;
    at = next;
  }
  return end;
}

/** The last point that is not behind the index; -1 before all. */
function segmentOf(points: readonly number[], index: number): number {
  let [low, high] = [-1, points.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((points[middle] ?? Infinity) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}
