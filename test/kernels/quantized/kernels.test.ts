/** The binaries of `assembly/quantized` as such. */
import { describe, expect, it } from "vitest";
import { QUANTIZED_VARIANTS } from "../../../src/kernels/quantized/abi.js";
import { binaries } from "../../support/quantized/raw.js";

describe.each(binaries)("quantized-$name", ({ name, compiled, kernels }) => {
  it("exports exactly what the ABI type lists, with as many parameters", () => {
    const { variant, scratchBytes, rangeBytes, ...functions } = kernels;
    // A wasm function's length is its arity.
    const arities = Object.entries(functions).map(([key, value]) => [key, value.length]);
    expect(Object.fromEntries(arities)).toEqual({
      inputBytes: 2,
      weightBytes: 2,
      packWeights: 6,
      unpackWeights: 6,
      quantizeRows: 5,
      multiply: 9,
    });
    expect(scratchBytes.value).toBeGreaterThan(0);
    expect(rangeBytes.value).toBe(8);
    expect(QUANTIZED_VARIANTS[variant.value]).toBe(name === "debug" ? "simd" : name);
  });

  it("imports its memory and nothing else", () => {
    const imports = WebAssembly.Module.imports(compiled).map(({ module, name }) => `${module}.${name}`);
    expect(imports).toEqual(["env.memory"]);
  });
});
