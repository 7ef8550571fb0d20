/** Threads for the tests: as many as asked for, which share every product that has two elements to share. */

import { type Crew, makeCrew } from "../../src/engine/threads/crew.js";
import { makeJobs } from "../../src/engine/threads/jobs.js";
import { TEST } from "../../src/engine/threads/policy.js";
import { shareProducts } from "../../src/engine/threads/products.js";
import { type Kernels, typedKernels } from "../../src/kernels/abi.js";
import { reserveMemory } from "../../src/kernels/reserve.js";
import { moduleFor } from "../../src/kernels/sharedMemory.js";
import { Heap } from "../../src/memory/heap.js";
import { bytes } from "./environment.js";
import { MOST_THREADS, scratch } from "./raw.js";

export interface Team {
  readonly crew: Crew;
  readonly heap: Heap;
  readonly kernels: ReturnType<typeof typedKernels>;
}

/** Milliseconds in which helpers have to come on a machine that does much else. */
const PATIENCE = 30_000;

/** A product that is long enough for helpers to come. */
const SIDE = 128;
const SIZE = 4 * SIDE * SIDE;

/**
 * The kernels under test over a shared memory of their own, where this thread's scratch space lies at the address at which
 * it lies in `raw.ts`, and `bytes` bytes behind it are free for operands.
 */
export async function team(threads: number, room = 0, url?: URL): Promise<Team> {
  const crew = makeCrew();
  await crew.start(threads - 1, url);
  // A crew by itself is not given up where they are late.
  const until = performance.now() + PATIENCE;
  while (crew.online < threads - 1) {
    if (performance.now() > until) throw new Error(`${threads - 1} helpers asked for, ${crew.online} came`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const heap = new Heap(reserveMemory("Heap", true));
  const module = moduleFor(bytes as Uint8Array<ArrayBuffer>, heap.memory);
  const { exports: own } = new WebAssembly.Instance(module, { env: { memory: heap.memory } });
  const exports = own as unknown as Kernels;
  const scratchBytes = exports.scratchBytes.value;
  if (heap.allocate(MOST_THREADS * scratchBytes) !== scratch) throw new Error("the scratch space lies elsewhere");
  const operands = heap.allocate(Math.max(room, 3 * SIZE));
  const jobs = makeJobs(crew, crew.send(module, heap.memory, 0, scratchBytes), [exports.gemmF32, exports.gemmF64]);
  const products = shareProducts(jobs, exports, heap);
  // On a busy machine it takes a helper a while to read its mail.
  const [a, b, c] = [operands, operands + SIZE, operands + 2 * SIZE];
  const before = TEST.helped;
  while (crew.online > 0 && TEST.helped === before) {
    products.gemmF32(SIDE, SIDE, SIDE, a, 4 * SIDE, 4, b, 4 * SIDE, 4, 0, 0, c, 4 * SIDE, 0, scratch);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { crew, heap, kernels: typedKernels({ ...exports, ...products }) };
}
