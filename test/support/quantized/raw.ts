/** The binaries of `assembly/quantized` by themselves, all over one memory and its heap. */
import { readFileSync } from "node:fs";
import type { QuantizedKernels } from "../../../src/kernels/quantized/abi.js";
import { Heap } from "../../../src/memory/heap.js";

/** "debug" is "simd" with assertions. */
const NAMES = ["debug", "scalar", "simd", "relaxed"] as const;

const bytesOf = (name: string) => new Uint8Array(readFileSync(`build/quantized-${name}.wasm`));

/** Those that this engine compiles. */
export const BINARIES: readonly string[] = NAMES.filter((name) => WebAssembly.validate(bytesOf(name)));

export const heap = new Heap();

export const binaries = BINARIES.map((name) => {
  const compiled = new WebAssembly.Module(bytesOf(name));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: heap.memory } });
  return { name, compiled, kernels: exports as unknown as QuantizedKernels };
});
