/** How one function is timed, and how several times are summed up. */

/** One reading of the clock covers at least this long, so that its resolution does not matter. */
const SAMPLE_MS = 0.5;

/** The median time of `run` over samples that fill `milliseconds`: at least one, in seconds. */
export async function secondsPerRun(run: () => void | Promise<void>, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  const samples: number[] = [];
  let count = 1;
  do {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const pending = run();
      // Awaiting what is not a promise would cost more than the smallest layers.
      if (pending) await pending;
    }
    const elapsed = performance.now() - start;
    if (elapsed < SAMPLE_MS && performance.now() < end) count *= 2;
    else samples.push(elapsed / count / 1000);
  } while (performance.now() < end);
  return quantile(samples, 0.5);
}

/** The value below which the fraction `q` of the values lies, interpolated. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return low + (high - low) * (at - Math.floor(at));
}
