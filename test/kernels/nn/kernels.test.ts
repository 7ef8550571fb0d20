/** The binaries of `assembly/nn` as such. */
import { describe, expect, it } from "vitest";
import { NN_VARIANTS, type NnKernels } from "../../../src/kernels/nn/abi.js";
import { binaries } from "../../support/nn/raw.js";

/** Parameters of each export: an entry per key, the compiler refuses one too many or too few. */
const PARAMETERS: Record<keyof Omit<NnKernels, "variant">, number> = {
  activateF32: 5,
  activateF64: 5,
  activationGradientF32: 6,
  activationGradientF64: 6,
  softmaxF32: 4,
  softmaxF64: 4,
  softmaxCrossEntropyF32: 6,
  softmaxCrossEntropyF64: 6,
  softmaxCrossEntropyTargetsF32: 6,
  softmaxCrossEntropyTargetsF64: 6,
  squaredErrorF32: 5,
  squaredErrorF64: 5,
  binaryCrossEntropyWithLogitsF32: 5,
  binaryCrossEntropyWithLogitsF64: 5,
  countHitsF32: 4,
  countHitsF64: 4,
  sgdF32: 8,
  sgdF64: 8,
  adamF32: 13,
  adamF64: 13,
  sumOfSquaresF32: 2,
  sumOfSquaresF64: 2,
  scaleF32: 3,
  scaleF64: 3,
  gatherRows: 5,
};

describe.each(binaries)("nn-$name", ({ name, compiled, exports }) => {
  it("exports exactly what the ABI type lists, with as many parameters", () => {
    const { variant, ...functions } = exports;
    // A wasm function's length is its arity.
    const arities = Object.entries(functions).map(([key, value]) => [key, value.length]);
    expect(Object.fromEntries(arities)).toEqual(PARAMETERS);
    expect(NN_VARIANTS[variant.value]).toBe(name === "debug" ? "simd" : name);
  });

  it("imports its memory and nothing else", () => {
    const imports = WebAssembly.Module.imports(compiled).map(({ module, name }) => `${module}.${name}`);
    expect(imports).toEqual(["env.memory"]);
  });
});
