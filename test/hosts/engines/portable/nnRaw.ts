/** Stands in for `test/support/nn/raw.ts` in a page or in workerd: the packed binaries, so not "debug". */

import { NN_VARIANTS, type NnKernels, typedNnKernels } from "../../../../src/kernels/nn/abi.js";
import { nnBinaryOf } from "../../../../src/kernels/nn/binaries.js";
import { Heap } from "../../../../src/memory/heap.js";
import type * as Node from "../../../support/nn/raw.js";

export const BINARIES = NN_VARIANTS;

export const heap: typeof Node.heap = new Heap();

export const binaries: typeof Node.binaries = BINARIES.map((name) => {
  const given = nnBinaryOf(name);
  const compiled = given instanceof WebAssembly.Module ? given : new WebAssembly.Module(given);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: heap.memory } });
  const kernels = exports as unknown as NnKernels;
  return { name, compiled, exports: kernels, kernels: typedNnKernels(kernels) };
});
