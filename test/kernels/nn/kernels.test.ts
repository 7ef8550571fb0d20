/** The binaries of `assembly/nn` as such. */
import { describe, expect, it } from "vitest";
import { NN_VARIANTS, type TypedNnKernels } from "../../../src/kernels/nn/abi.js";
import { binaries } from "../../support/nn/raw.js";

/** Parameters of the exports that come in two: an entry per key, the compiler refuses one too many or too few. */
const PARAMETERS: Record<keyof TypedNnKernels, number> = {
  activate: 5,
  activationGradient: 6,
  softmax: 4,
  softmaxCrossEntropy: 6,
  softmaxCrossEntropyTargets: 6,
  squaredError: 5,
  binaryCrossEntropyWithLogits: 5,
  countHits: 4,
  sgd: 8,
  adam: 13,
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
    expect(Object.fromEntries(arities)).toEqual({ ...Object.fromEntries(listed), gatherRows: 5 });
    expect(NN_VARIANTS[variant.value]).toBe(name === "debug" ? "simd" : name);
  });

  it("imports its memory and nothing else", () => {
    const imports = WebAssembly.Module.imports(compiled).map(({ module, name }) => `${module}.${name}`);
    expect(imports).toEqual(["env.memory"]);
  });
});
