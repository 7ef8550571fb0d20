/** The kernels of this entry, running over the memory of those of the layer. */

import type { DType } from "../common/dtype.js";
import type { Backend } from "../engine/backend.js";
import { backendInUse } from "../engine/start.js";
import type { CopyBytes, GatherRows, NnKernels, TypedNnKernels } from "../kernels/nn/abi.js";
import { nnBinaryOf } from "../kernels/nn/binaries.js";
import { moduleFor } from "../kernels/sharedMemory.js";
import type { Heap } from "../memory/heap.js";
import { sharePasses } from "./sharedPasses.js";

export interface Runtime {
  readonly backend: Backend;
  readonly heap: Heap;
  readonly kernels: Readonly<Record<DType, TypedNnKernels>>;
  readonly gatherRows: GatherRows;
  readonly copyBytes: CopyBytes;
}

/** One for each backend, so that whoever has a backend of its own has its own of these. */
const runtimes = new WeakMap<Backend, Runtime>();

/** The kernels beside the backend that the API uses; the first call instantiates them. */
export function runtimeInUse(): Runtime {
  return runtimeOf(backendInUse());
}

/** The kernels beside a backend, over its memory. */
export function runtimeOf(backend: Backend): Runtime {
  let runtime = runtimes.get(backend);
  if (!runtime) {
    runtime = createRuntime(backend);
    runtimes.set(backend, runtime);
  }
  return runtime;
}

function createRuntime(backend: Backend): Runtime {
  // What the layer's kernels run on, these do: all variants but one have vectors.
  const binary = nnBinaryOf(backend.variant === "scalar" ? "scalar" : "simd");
  const { memory } = backend.heap;
  const module = moduleFor(binary, memory);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = exports as unknown as NnKernels;
  const { gatherRows, copyBytes } = kernels;
  return { backend, heap: backend.heap, kernels: sharePasses(kernels, module, backend), gatherRows, copyBytes };
}
