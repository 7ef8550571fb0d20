/**
 * Passes over many elements that the caller's thread computes together with helpers, where `affine-wasm/threads` has brought some:
 * the steps of the optimizers, activations and their gradients.
 *
 * They overwrite what they start from, so a helper works by way of its scratch space and a gate (assembly/nn/tile.ts). Where
 * helpers are given up, all gates are closed first; results that lie complete in a scratch space are then copied from there, and
 * every other tile is as it was, and computed here.
 *
 *     scratch of the kernels, for each thread   ┬ this thread's ┬ helper 1: its tile … gates ┬ helper 2: its tile ┬ …
 *
 * The gates lie where nobody but a helper writes: one that is late finds its own still closed.
 */
import { type DType, elementBytes } from "../common/dtype.js";
import type { Backend } from "../engine/backend.js";
import { threadsInUse } from "../engine/parallel.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { ByType } from "../kernels/byType.js";
import { type NnKernels, type TypedNnKernels, typedNnKernels } from "../kernels/nn/abi.js";
import { isShared } from "../kernels/sharedMemory.js";

/**
 * Elements of a tile at most, and of a pass at least that is shared. A tile costs 0.4 µs beside its elements, at a nanosecond each: of
 * Adam over 262,144 elements, two threads make 0.96 of one with tiles of 1024, 1.17 with 2048, 1.45 with 4096; whole steps of
 * 784-2048-2048-10 were fastest with 8192 and 16,384. Tests have other numbers.
 */
export const TEST: { tile: number; least: number } = { tile: 8192, least: 8192 };
/** Short passes are cut into so many tiles, so that threads end together. */
const FEW_TILES = 8;
/** Tiles of a job, for which there is room. */
const TILES = 64;
/** In the scratch space of the first helper, behind its tile: three arrays of 8192 float64. */
const GATES = 524_288;
/** Milliseconds that one thread takes for an element, roughly. */
const [OPTIMIZER, ACTIVATION] = [1e-6, 1.5e-6];

/** What `op` says in assembly/nn/tile.ts. */
const [ADAM, SGD, ACTIVATE, GRADIENT] = [0, 2, 3, 16];
/** The words of a call (engine/threads/control.ts): the kernel, its arguments. */
const CALL = 16;
const [LENGTH, P, R, S, NUMBERS, GATE] = [2, 3, 5, 6, 7, 14];

type Shared = Pick<TypedNnKernels, "adam" | "sgd" | "activate" | "activationGradient">;

/** The kernels of a module over a backend's memory; those that pay are shared with its helpers, if it has any. */
export function sharePasses(kernels: NnKernels, module: WebAssembly.Module, backend: Backend): ByType<TypedNnKernels> {
  const typed = typedNnKernels(kernels);
  const { heap, scratch, exports } = backend;
  if (!threadsInUse || !isShared(heap.memory)) return typed;
  const bytes = exports.scratchBytes.value;
  const gateAt = scratch + bytes + GATES;
  // Of shared memory: growth leaves it as it is.
  const gates = new Int32Array(heap.buffer, gateAt, TILES);
  const jobs = threadsInUse.jobs(module, heap.memory, [kernels.tileF32, kernels.tileF64], scratch, bytes);
  const { calls } = jobs;
  /** The call for all of the pass at hand. */
  const all = new Float64Array(CALL);
  return {
    float32: { ...typed.float32, ...shared("float32", typed.float32) },
    float64: { ...typed.float64, ...shared("float64", typed.float64) },
  };

  function shared(dtype: DType, alone: TypedNnKernels): Shared {
    const size = elementBytes(dtype);
    const number = 2 * jobs.module + (size === 8 ? 1 : 0);
    return {
      adam(length, w, g, m, v, rate, beta1, beta2, epsilon, decay, decoupled, first, second) {
        if (length < TEST.least) {
          alone.adam(length, w, g, m, v, rate, beta1, beta2, epsilon, decay, decoupled, first, second);
        } else {
          write(ADAM + decoupled, w, g, m, v, rate, beta1, beta2, epsilon, decay, first, second);
          compute(length, OPTIMIZER);
        }
      },
      sgd(length, w, g, v, rate, momentum, decay, nesterov) {
        if (length < TEST.least) alone.sgd(length, w, g, v, rate, momentum, decay, nesterov);
        else {
          write(SGD, w, g, v, NONE, rate, momentum, decay, nesterov, 0, 0, 0);
          compute(length, OPTIMIZER);
        }
      },
      activate(kind, length, z, y, parameter) {
        if (length < TEST.least) alone.activate(kind, length, z, y, parameter);
        else {
          write(ACTIVATE + kind, y, z, NONE, NONE, parameter, 0, 0, 0, 0, 0, 0);
          compute(length, ACTIVATION);
        }
      },
      activationGradient(kind, length, from, dy, out, parameter) {
        if (length < TEST.least) alone.activationGradient(kind, length, from, dy, out, parameter);
        else {
          write(GRADIENT + kind, out, from, dy, NONE, parameter, 0, 0, 0, 0, 0, 0);
          compute(length, ACTIVATION);
        }
      },
    };

    // biome-ignore format: operand by operand
    function write(
      op: number, p: Pointer, q: Pointer, r: Pointer, s: Pointer,
      a: number, b: number, c: number, d: number, e: number, f: number, g: number,
    ): void {
      all[0] = number;
      all[1] = op;
      all[P] = p;
      all[P + 1] = q;
      all[R] = r;
      all[S] = s;
      all[NUMBERS] = a;
      all[NUMBERS + 1] = b;
      all[NUMBERS + 2] = c;
      all[NUMBERS + 3] = d;
      all[NUMBERS + 4] = e;
      all[NUMBERS + 5] = f;
      all[NUMBERS + 6] = g;
    }

    function compute(length: number, each: number): void {
      const most = TILES * TEST.tile;
      for (let from = 0; from < length; from += most) computePart(from, Math.min(most, length - from), each);
    }

    /** A part of the elements of the pass, as a job of its own. */
    function computePart(from: number, length: number, each: number): void {
      const most = Math.min(TEST.tile, Math.ceil(length / FEW_TILES));
      const tiles = Math.ceil(length / most);
      // Passes of other lengths or kinds are other jobs, and none is a product.
      const plan = tiles > 1 ? jobs.plan(-64 * length - 2 * (all[1] as number) - size / 8, each * length) : undefined;
      if (!plan || plan.threads === 1) {
        writeCall(0, from, length);
        jobs.redo(0);
        if (plan) jobs.settle(plan, performance.now());
        return;
      }
      gates.fill(0, 0, tiles);
      for (let tile = 0; tile < tiles; tile++) {
        const start = tile * most;
        writeCall(tile, from + start, Math.min(most, length - start));
      }
      jobs.run(plan, tiles, withhold, redo);
    }

    function writeCall(tile: number, from: number, length: number): void {
      const at = CALL * tile;
      for (let i = 0; i < CALL; i++) calls[at + i] = all[i] as number;
      calls[at + LENGTH] = length;
      for (let i = P; i <= S; i++) if (all[i]) calls[at + i] = (all[i] as number) + from * size;
      calls[at + GATE] = gateAt + 4 * tile;
    }

    function redo(tile: number): void {
      const results = Atomics.exchange(gates, tile, -1) >>> 0;
      if (results === 0) {
        jobs.redo(tile);
        return;
      }
      const at = CALL * tile;
      const bytes = (calls[at + LENGTH] as number) * size;
      kernels.copyBytes(bytes, results, calls[at + P] as Pointer);
      if ((calls[at + 1] as number) >= ACTIVATE) return;
      if (calls[at + R]) kernels.copyBytes(bytes, results + bytes, calls[at + R] as Pointer);
      if (calls[at + S]) kernels.copyBytes(bytes, results + 2 * bytes, calls[at + S] as Pointer);
    }
  }

  /** What a helper may still write to. */
  function withhold(): () => void {
    return heap.withhold([all[P], all[R], all[S]] as Pointer[]);
  }
}
