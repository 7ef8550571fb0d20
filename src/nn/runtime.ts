/** The kernels of this entry, running over the memory of those of the layer. */
import { type Backend, backendInUse } from "../backend.js";
import type { DType } from "../dtype.js";
import type { Heap } from "../memory.js";
import { type GatherRows, type NnKernels, type TypedNnKernels, typedNnKernels } from "./abi.js";
import { nnBinaryOf } from "./binaries.js";

export interface Runtime {
  readonly backend: Backend;
  readonly heap: Heap;
  readonly kernels: Readonly<Record<DType, TypedNnKernels>>;
  readonly gatherRows: GatherRows;
}

let current: Runtime | undefined;

/** The running kernels; the first call instantiates them. */
export function runtimeInUse(): Runtime {
  const backend = backendInUse();
  if (current?.backend !== backend) current = start(backend);
  return current;
}

function start(backend: Backend): Runtime {
  // What the layer's kernels run on, these do: all variants but one have vectors.
  const binary = nnBinaryOf(backend.variant === "scalar" ? "scalar" : "simd");
  const module = binary instanceof WebAssembly.Module ? binary : new WebAssembly.Module(binary);
  const { exports } = new WebAssembly.Instance(module, { env: { memory: backend.heap.memory } });
  const kernels = exports as unknown as NnKernels;
  return { backend, heap: backend.heap, kernels: typedNnKernels(kernels), gatherRows: kernels.gatherRows };
}
