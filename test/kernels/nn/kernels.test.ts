/** The binaries of `assembly/nn` as such. */
import { describe, expect, it } from "vitest";
import { NN_VARIANTS, type TypedNnKernels } from "../../../src/kernels/nn/abi.js";
import { binaries } from "../../support/nn/raw.js";

/** Parameters of the exports that come in two: an entry per key, the compiler refuses one too many or too few. */
const PARAMETERS: Record<keyof TypedNnKernels, number> = {
  activate: 5,
  activationGradient: 6,
  softmax: 4,
  softmaxCrossEntropy: 7,
  softmaxCrossEntropyTargets: 7,
  squaredError: 7,
  binaryCrossEntropyWithLogits: 7,
  huber: 8,
  layerNorm: 8,
  layerNormGradient: 10,
  dropout: 8,
  countCorrect: 4,
  countCorrectTargets: 4,
  countCorrectSides: 3,
  sgd: 8,
  adam: 13,
  tile: 15,
  sumOfSquares: 2,
  scale: 3,
};

describe.each(binaries)("nn-$name", ({ name, compiled, exports }) => {
  it("exports exactly what the ABI type lists, with as many parameters", () => {
    const { variant, ...functions } = exports;
    // A wasm function's length is its arity.
    const arities = Object.entries(functions).map(([key, value]) => [key, value.length]);
    const listed = Object.entries(PARAMETERS).flatMap(([key, arity]) => [
      [`${key}F32`, arity],
      [`${key}F64`, arity],
    ]);
    expect(Object.fromEntries(arities)).toEqual({ ...Object.fromEntries(listed), gatherRows: 5, copyBytes: 3 });
    expect(NN_VARIANTS[variant.value]).toBe(name === "debug" ? "simd" : name);
  });

  it("imports its memory and nothing else", () => {
    const imports = WebAssembly.Module.imports(compiled).map(({ module, name }) => `${module}.${name}`);
    expect(imports).toEqual(["env.memory"]);
  });
});
