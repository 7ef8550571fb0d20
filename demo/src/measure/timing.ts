/** Timing with a clock that may be coarse: browsers round theirs to 5 µs … 1 ms. */

/** A reading of the clock covers this many of its ticks, so that its resolution costs at most 2 %. */
const TICKS = 50;

/** The step of `performance.now`, in milliseconds: the smallest of a few. */
export function clockTick(): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    smallest = Math.min(smallest, now - start);
  }
  return smallest;
}

/**
 * The seconds of each run. They take turns, every other round backwards, so that what else the machine does hits
 * all alike. What takes long is run less often, but at least once after a run that is not counted.
 *
 * @param milliseconds about how long each of them is timed in all
 */
export function secondsOf(runs: readonly (() => void)[], milliseconds: number, tick: number): number[] {
  const sample = Math.max(TICKS * tick, 2);
  const lanes = runs.map((run) => new Lane(run, sample));
  for (const lane of lanes) lane.warmUp();
  const end = performance.now() + milliseconds * runs.length;
  for (let round = 0; performance.now() < end || lanes.some((lane) => lane.samples.length === 0); round++) {
    for (const lane of round % 2 ? lanes.toReversed() : lanes) lane.measure();
  }
  return lanes.map(({ samples }) => lowerQuartile(samples));
}

class Lane {
  readonly samples: number[] = [];
  readonly #run: () => void;
  readonly #sample: number;
  #count = 1;

  constructor(run: () => void, sample: number) {
    this.#run = run;
    this.#sample = sample;
  }

  /** Until the optimising compiler has had its time. */
  warmUp(): void {
    const end = performance.now() + 10 * this.#sample;
    do this.measure();
    while (performance.now() < end);
    this.samples.length = 0;
  }

  /** Takes a sample, unless it was too short for this clock: then the next one is longer. */
  measure(): void {
    const start = performance.now();
    for (let i = 0; i < this.#count; i++) this.#run();
    const elapsed = performance.now() - start;
    if (elapsed < this.#sample / 2) this.#count *= 2;
    else this.samples.push(elapsed / this.#count / 1000);
  }
}

/** What disturbs a run only makes it slower: the lower quartile is steadier than the median. */
function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2] as number;
}
