/** The kernels under test by themselves, over a memory and a heap of their own. */
import { typedKernels } from "../../src/kernels/abi.js";
import { Heap } from "../../src/memory/heap.js";
import { kernelsOver } from "./environment.js";

export const heap = new Heap();
export const exports = kernelsOver(heap.memory);
export const kernels = typedKernels(exports);
export const scratch = heap.allocate(exports.scratchBytes.value);
