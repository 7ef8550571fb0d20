/** Stands in for `test/nn/raw.ts` in a page or in workerd: the packed binaries, so not "debug". */
import { Heap } from "../../../src/memory.js";
import { NN_VARIANTS, type NnKernels, typedNnKernels } from "../../../src/nn/abi.js";
import { nnBinaryOf } from "../../../src/nn/binaries.js";
import type * as Node from "../../nn/raw.js";

export const BINARIES = NN_VARIANTS;

export const heap: typeof Node.heap = new Heap();

export const binaries: typeof Node.binaries = BINARIES.map((name) => {
  const given = nnBinaryOf(name);
  const compiled = given instanceof WebAssembly.Module ? given : new WebAssembly.Module(given);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: heap.memory } });
  const kernels = exports as unknown as NnKernels;
  return { name, compiled, exports: kernels, kernels: typedNnKernels(kernels) };
});
