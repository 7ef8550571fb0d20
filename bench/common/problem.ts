/** The operands of one layer, and the check of a result against sums in float64. */
import type { Pass, Shape } from "./layers.ts";

export interface Problem extends Shape {
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly dy: Float32Array;
}

/** What a contender computed; the forward pass yields y, the backward pass the other three. */
export interface Results {
  readonly y?: Float32Array | undefined;
  readonly dx?: Float32Array | undefined;
  readonly dWeight?: Float32Array | undefined;
  readonly dBias?: Float32Array | undefined;
}

const OUTPUTS: Record<Pass, readonly (keyof Results)[]> = { forward: ["y"], backward: ["dx", "dWeight", "dBias"] };
const SAMPLE = 300;

export function problemOf(shape: Shape): Problem {
  const { batch, inFeatures, outFeatures } = shape;
  return {
    ...shape,
    x: uniform(batch * inFeatures, 1),
    weight: uniform(inFeatures * outFeatures, 2),
    bias: uniform(outFeatures, 3),
    dy: uniform(batch * outFeatures, 4),
  };
}

/** @throws Error naming the contender, if a sampled element is further from the exact sum than float32 explains */
export function check(name: string, problem: Problem, pass: Pass, results: Results): void {
  for (const output of OUTPUTS[pass]) {
    const values = results[output];
    const { length, terms } = exact(problem, output);
    if (values?.length !== length) throw new Error(`${name}: ${output} has ${values?.length} values, not ${length}`);
    // An odd step comes by every column of the usual, even widths.
    const step = Math.max(1, Math.floor(length / SAMPLE)) | 1;
    for (let at = 0; at < length; at += step) compare(name, output, at, values[at] as number, terms(at));
    compare(name, output, length - 1, values[length - 1] as number, terms(length - 1));
  }
}

/** The bound holds for every order of summation: (number of terms + 3) half units of the sum of absolute values. */
function compare(name: string, output: string, at: number, value: number, terms: readonly number[]): void {
  const sum = terms.reduce((total, term) => total + term, 0);
  const bound = (terms.length + 3) * 2 ** -24 * terms.reduce((total, term) => total + Math.abs(term), 0);
  if (!(Math.abs(value - sum) <= bound))
    throw new Error(`${name}: ${output}[${at}] is ${value}, not ${sum} ± ${bound}`);
}

/** The length of an output, and the terms that make up one of its elements. */
function exact(
  { batch, inFeatures, outFeatures, x, weight, bias, dy }: Problem,
  output: keyof Results,
): { length: number; terms: (at: number) => number[] } {
  const at = (array: Float32Array, index: number) => array[index] as number;
  const range = (length: number, term: (k: number) => number) => Array.from({ length }, (_, k) => term(k));
  switch (output) {
    case "y":
      return {
        length: batch * outFeatures,
        terms: (e) => {
          const [s, j] = [Math.floor(e / outFeatures), e % outFeatures];
          const products = range(inFeatures, (k) => at(x, s * inFeatures + k) * at(weight, k * outFeatures + j));
          return [at(bias, j), ...products];
        },
      };
    case "dx":
      return {
        length: batch * inFeatures,
        terms: (e) => {
          const [s, i] = [Math.floor(e / inFeatures), e % inFeatures];
          return range(outFeatures, (k) => at(dy, s * outFeatures + k) * at(weight, i * outFeatures + k));
        },
      };
    case "dWeight":
      return {
        length: inFeatures * outFeatures,
        terms: (e) => {
          const [i, j] = [Math.floor(e / outFeatures), e % outFeatures];
          return range(batch, (k) => at(x, k * inFeatures + i) * at(dy, k * outFeatures + j));
        },
      };
    case "dBias":
      return { length: outFeatures, terms: (e) => range(batch, (k) => at(dy, k * outFeatures + e)) };
  }
}

/** Uniform in [-1, 1), the same in every run. */
function uniform(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}
