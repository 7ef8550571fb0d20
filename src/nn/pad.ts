/** Where the losses by hand put class numbers and factors: the kernels' scratch space, as long as they fit. */
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Runtime } from "./runtime.js";

/** Room for a call. */
export interface Pad {
  readonly labels: Int32Array;
  readonly labelsAt: Pointer;
  readonly factors: Float64Array;
  /** NONE if no factors are wanted. */
  readonly factorsAt: Pointer;
  release(): void;
}

/** Views of the scratch space, with factors in front: made again when memory has grown. */
interface ScratchPad {
  readonly buffer: ArrayBufferLike;
  readonly rows: number;
  readonly plain: Pad;
  readonly weighted: Pad;
}

const ROW_BYTES = Float64Array.BYTES_PER_ELEMENT + Int32Array.BYTES_PER_ELEMENT;
const scratchPads = new WeakMap<Runtime, ScratchPad>();

/**
 * Room for the class numbers and factors of so many rows. No kernel that needs scratch space runs until the call is done.
 * @throws RangeError in the name of `caller` if memory runs out
 */
export function padOf(runtime: Runtime, caller: string, rows: number, weighted: boolean): Pad {
  const { heap, backend } = runtime;
  let scratch = scratchPads.get(runtime);
  if (scratch?.buffer !== heap.buffer) {
    scratch = scratchPad(runtime, backend.scratch, backend.exports.scratchBytes.value);
    scratchPads.set(runtime, scratch);
  }
  if (rows <= scratch.rows) return weighted ? scratch.weighted : scratch.plain;
  const at = heap.allocate(rows * ROW_BYTES, caller);
  return padAt(heap.buffer, at, rows, weighted, () => heap.free(at));
}

function scratchPad({ heap }: Runtime, at: Pointer, bytes: number): ScratchPad {
  const rows = Math.floor(bytes / ROW_BYTES);
  const release = () => {};
  const [plain, weighted] = [false, true].map((each) => padAt(heap.buffer, at, rows, each, release)) as [Pad, Pad];
  return { buffer: heap.buffer, rows, plain, weighted };
}

function padAt(buffer: ArrayBufferLike, at: Pointer, rows: number, weighted: boolean, release: () => void): Pad {
  const labelsAt = at + rows * Float64Array.BYTES_PER_ELEMENT;
  return {
    labels: new Int32Array(buffer as ArrayBuffer, labelsAt, rows),
    labelsAt,
    factors: new Float64Array(buffer as ArrayBuffer, at, rows),
    factorsAt: weighted ? at : NONE,
    release,
  };
}
