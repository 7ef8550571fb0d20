/** The kernels under test by themselves, over a memory and a heap of their own. */
import { typedKernels } from "../../src/kernels/abi.js";
import { reserveMemory } from "../../src/kernels/reserve.js";
import { Heap } from "../../src/memory/heap.js";
import { asked, canShare } from "./allShared.js";
import { kernelsOver } from "./environment.js";

/** How many threads a test may compute on, each with scratch space of its own. */
export const MOST_THREADS = 5;

/** On several threads, one that they share. */
export const heap = new Heap(reserveMemory("Heap", asked > 1 && canShare));
export const exports = kernelsOver(heap.memory);
export const kernels = typedKernels(exports);
export const scratch = heap.allocate(MOST_THREADS * exports.scratchBytes.value);
