/** What a binary exports and imports. */
import { describe, expect, it } from "vitest";
import { type Gemm, type Kernels, type TypedKernels, VARIANTS } from "../../src/kernels/abi.js";
import type { Exported } from "../../src/kernels/byType.js";
import { binary, compiled, variant } from "../support/environment.js";
import { exports } from "../support/raw.js";

describe("the binary", () => {
  it("exports exactly what the ABI type lists", () => {
    // Object literals with an entry per key: the compiler refuses one too many or too few.
    const parameters: Record<keyof TypedKernels, number> = {
      gemm: 15,
      columnSums: 7,
      maskGradient: 4,
      axpy: 4,
      uniform: 4,
    };
    const globals: Record<Exclude<keyof Kernels, keyof Exported<TypedKernels>>, "global"> = {
      variant: "global",
      scratchBytes: "global",
      mr: "global",
      nrF32: "global",
      nrF64: "global",
      kc: "global",
      mc: "global",
      nc: "global",
    };
    const listed = Object.entries(parameters).flatMap(([name, arity]) => [
      [`${name}F32`, arity],
      [`${name}F64`, arity],
    ]);
    // A wasm function's length is its arity.
    const exported = WebAssembly.Module.exports(compiled).map(({ name, kind }) => {
      return [name, kind === "function" ? (exports[name as keyof Kernels] as unknown as Gemm).length : kind];
    });
    expect(Object.fromEntries(exported)).toEqual({ ...globals, ...Object.fromEntries(listed) });
  });

  it("imports its memory and, but for the debug build's assertions, nothing else", () => {
    const imports = WebAssembly.Module.imports(compiled).map(({ module, name }) => `${module}.${name}`);
    expect(imports.filter((name) => binary !== "debug" || name !== "env.abort")).toEqual(["env.memory"]);
  });

  it("says which variant it is", () => {
    expect(VARIANTS[exports.variant.value]).toBe(variant);
  });
});
