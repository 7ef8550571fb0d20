/**
 * Runs properties on random cases, and counts them: a property that ran fewer than it should fails.
 *
 * Settings, from the environment: AFFINE_RUNS, how many cases all properties of the run try together; AFFINE_SEED, for
 * other cases; AFFINE_PATH, to see again the one case that a failure printed.
 */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { binary, setting } from "../../support/environment.js";

const RUNS = Number(setting("AFFINE_RUNS") ?? 10_000);
const SEED = Number(setting("AFFINE_SEED") ?? 20_251_125);
const PATH = setting("AFFINE_PATH");
/** Between chunks of cases the engine gets to its other work: a run of minutes would look as if it hung. */
const CHUNK = 10_000;

/** All properties of the run: how many cases each ran, of how many. */
const registered: { readonly share: number; readonly most: number; ran: number }[] = [];

export interface Size {
  /** Its part of all cases of the run, beside the shares of the others. */
  readonly share: number;
  /** The most cases, however many the run has: for those that use up memory. */
  readonly most?: number;
  /** Whether it can be held on this binary; default: yes. */
  readonly when?: boolean;
}

/** A test that holds `predicate`, which throws, to its share of random cases. */
export function property<C>(name: string, size: Size, cases: fc.Arbitrary<C>, predicate: (value: C) => unknown): void {
  if (size.when === false) {
    it.skip(name, () => undefined);
    return;
  }
  const entry = { share: size.share, most: size.most ?? Number.POSITIVE_INFINITY, ran: 0 };
  registered.push(entry);
  const check = async () => {
    entry.ran += await runCases(name, casesOf(entry), SEED, cases, predicate);
  };
  it(name, check, 120_000 + RUNS);
}

/** The last test of a run: its properties together tried as many cases as were asked for. */
export function itRanAllCases(): void {
  it(`ran at least ${RUNS} random cases`, () => {
    const ran = registered.reduce((sum, entry) => sum + entry.ran, 0);
    if (PATH === undefined) expect(ran, "random cases").toBeGreaterThanOrEqual(RUNS);
    console.log(`${binary}: ${ran} random cases of ${registered.length} properties, seed ${SEED}`);
  });
}

/** The cases of one property: its share of the run. Those with an upper limit come on top. */
function casesOf({ share, most }: { share: number; most: number }): number {
  const whole = registered.reduce((sum, entry) => (entry.most < RUNS ? sum : sum + entry.share), 0);
  return Math.min(most, Math.ceil((share / whole) * RUNS));
}

/**
 * Runs `predicate` on `runs` random cases. Returns how many it ran.
 * @throws Error for the first case that fails, with the command that runs it again; or if not all cases were run
 */
export async function runCases<C>(
  name: string,
  runs: number,
  seed: number,
  cases: fc.Arbitrary<C>,
  predicate: (value: C) => unknown,
): Promise<number> {
  let ran = 0;
  const counted = fc.property(cases, (value) => {
    ran++;
    predicate(value);
  });
  for (let chunk = 0; chunk * CHUNK < runs; chunk++) {
    const numRuns = Math.min(CHUNK, runs - chunk * CHUNK);
    const replay = PATH === undefined ? {} : { path: PATH, endOnFailure: true };
    const details = fc.check(counted, { seed: seed + chunk, numRuns, ...replay });
    if (details.failed) throw new Error(explain(name, details), { cause: details.errorInstance });
    if (PATH !== undefined) return ran;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  if (ran !== runs || ran === 0) throw new Error(`${name}: ran ${ran} cases of ${runs}`);
  return ran;
}

/** What failed, on which case, and how to see it again. */
function explain<C>(name: string, details: fc.RunDetails<[C]>): string {
  const { errorInstance, counterexample, seed, counterexamplePath: path } = details;
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  const again = `AFFINE_SEED=${seed} AFFINE_PATH=${path} npx vitest run test/contract/promises.test.ts --project ${binary}`;
  return `${reason}\n  case: ${fc.stringify(counterexample?.[0])}\n  again: ${again} -t ${JSON.stringify(name)}`;
}
