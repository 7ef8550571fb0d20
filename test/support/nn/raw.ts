/** The binaries of `assembly/nn` by themselves, all over one memory and its heap. */
import { readFileSync } from "node:fs";
import { type NnKernels, typedNnKernels } from "../../../src/kernels/nn/abi.js";
import { Heap } from "../../../src/memory/heap.js";

/** "debug" is "simd" with assertions. */
export const BINARIES = ["debug", "scalar", "simd"] as const;

export const heap = new Heap();

export const binaries = BINARIES.map((name) => {
  const compiled = new WebAssembly.Module(readFileSync(`build/nn-${name}.wasm`));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: heap.memory } });
  const kernels = exports as unknown as NnKernels;
  return { name, compiled, exports: kernels, kernels: typedNnKernels(kernels) };
});
