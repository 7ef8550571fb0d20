/** The three products of a layer, each as computed by the kernels in place, by the best plain JavaScript, and naively. */

import type { FloatArray } from "../../src/common/dtype.js";
import { backendInUse } from "../../src/engine/start.js";
import { type DType, type Shape, type Tensor, tensor } from "../../src/entries/index.js";
import { backwardPass, emptyPass, forwardPass } from "../../src/layer/passes.js";
import { blocked, naive, type PlainProduct } from "../../tools/plain.js";

/** One product of one shape: several ways to compute it, into the same output. */
export interface Product {
  readonly name: string;
  /** Multiplications and additions. */
  readonly flops: number;
  readonly contenders: readonly { readonly name: string; readonly run: () => void }[];
  readonly result: () => FloatArray;
  /** Element `index` of the exact result, summed in float64. */
  readonly exact: (index: number) => number;
  readonly dispose: () => void;
}

/** A product C = init + A·B, seen as plain JavaScript sees it: sizes, operands, strides in elements. */
interface Operands {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Tensor;
  readonly rsa: number;
  readonly csa: number;
  readonly b: Tensor;
  readonly rsb: number;
  readonly csb: number;
  readonly bias: Tensor | null;
}

export function productsOf(shape: Shape, dtype: DType): Product[] {
  const { batch, inFeatures, outFeatures } = shape;
  const backend = backendInUse();
  const allocate = (length: number, seed: number) => filled(tensor(length, dtype), seed);
  const x = allocate(batch * inFeatures, 1);
  const weight = allocate(inFeatures * outFeatures, 2);
  const bias = allocate(outFeatures, 3);
  const dy = allocate(batch * outFeatures, 4);
  const y = allocate(batch * outFeatures, 5);
  const dx = allocate(batch * inFeatures, 6);
  const dWeight = allocate(inFeatures * outFeatures, 7);
  const dBias = allocate(outFeatures, 8);
  const all = [x, weight, bias, dy, y, dx, dWeight, dBias];
  let open = 3;
  const dispose = () => {
    if (--open === 0) for (const each of all) each.dispose();
  };
  const operands = { ...emptyPass(shape), x: x.pointer, weight: weight.pointer, bias: bias.pointer, dy: dy.pointer };
  const forwardOnly = { ...operands, y: y.pointer };
  const inputOnly = { ...operands, dx: dx.pointer };
  const parametersOnly = { ...operands, dWeight: dWeight.pointer, dBias: dBias.pointer };
  const forward = () => forwardPass(backend, dtype, forwardOnly, false);
  const inputGradient = () => backwardPass(backend, dtype, inputOnly, false);
  const weightGradient = () => backwardPass(backend, dtype, parametersOnly, false);
  const [i, o] = [inFeatures, outFeatures];
  return [
    product(
      "forward",
      { m: batch, n: o, k: i, a: x, rsa: i, csa: 1, b: weight, rsb: o, csb: 1, bias },
      forward,
      y,
      dispose,
    ),
    product(
      "dX",
      { m: batch, n: i, k: o, a: dy, rsa: o, csa: 1, b: weight, rsb: 1, csb: o, bias: null },
      inputGradient,
      dx,
      dispose,
    ),
    product(
      "dW, db",
      { m: i, n: o, k: batch, a: x, rsa: 1, csa: i, b: dy, rsb: o, csb: 1, bias: null },
      weightGradient,
      dWeight,
      dispose,
    ),
  ];
}

function product(name: string, operands: Operands, fast: () => void, output: Tensor, dispose: () => void): Product {
  const { m, n, k, rsa, csa, rsb, csb } = operands;
  // Plain JavaScript works on arrays of its own: it gains nothing from the module's memory.
  const [a, b, bias] = [operands.a.data.slice(), operands.b.data.slice(), operands.bias?.data.slice() ?? null];
  const plain = (multiply: PlainProduct) => () => multiply(m, n, k, a, rsa, csa, b, rsb, csb, bias, output.data);
  const at = (array: FloatArray, index: number) => array[index] as number;
  return {
    name,
    flops: 2 * m * n * k,
    contenders: [
      { name: "affine-wasm", run: fast },
      { name: "plain JS, blocked", run: plain(blocked) },
      { name: "plain JS, naive", run: plain(naive) },
    ],
    result: () => output.data,
    exact: (index) => {
      const [i, j] = [Math.floor(index / n), index % n];
      let sum = bias ? at(bias, j) : 0;
      for (let p = 0; p < k; p++) sum += at(a, i * rsa + p * csa) * at(b, p * rsb + j * csb);
      return sum;
    },
    dispose,
  };
}

/** Uniform in [-1, 1), the same in every run. */
function filled(target: Tensor, seed: number): Tensor {
  let state = seed;
  const { data } = target;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state / 2147483648 - 1;
  }
  return target;
}
