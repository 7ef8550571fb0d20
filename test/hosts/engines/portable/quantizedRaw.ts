/** Stands in for `test/support/quantized/raw.ts` in a page or in workerd: the packed binaries, so not "debug". */

import { QUANTIZED_VARIANTS, type QuantizedKernels } from "../../../../src/kernels/quantized/abi.js";
import { quantizedBinaryOf } from "../../../../src/kernels/quantized/binaries.js";
import { Heap } from "../../../../src/memory/heap.js";
import type * as Node from "../../../support/quantized/raw.js";

const given = QUANTIZED_VARIANTS.map((name) => ({ name, binary: quantizedBinaryOf(name) })).filter(
  ({ binary }) => binary instanceof WebAssembly.Module || WebAssembly.validate(binary),
);

export const BINARIES: typeof Node.BINARIES = given.map(({ name }) => name);

export const heap: typeof Node.heap = new Heap();

export const binaries: typeof Node.binaries = given.map(({ name, binary }) => {
  const compiled = binary instanceof WebAssembly.Module ? binary : new WebAssembly.Module(binary);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: heap.memory } });
  return { name, compiled, kernels: exports as unknown as QuantizedKernels };
});
