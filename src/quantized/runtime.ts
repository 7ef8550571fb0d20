/** The quantized kernels, running over the memory of those of the layer. */
import type { Backend } from "../engine/backend.js";
import type { Pointer } from "../kernels/abi.js";
import type { QuantizedKernels, QuantizedVariant } from "../kernels/quantized/abi.js";
import { quantizedBinaryOf } from "../kernels/quantized/binaries.js";
import { moduleFor } from "../kernels/sharedMemory.js";
import { type Runtime, runtimeInUse } from "../nn/runtime.js";

export interface QuantizedRuntime {
  /** Of networks in floats: activations, losses and the memory are theirs. */
  readonly nn: Runtime;
  readonly kernels: QuantizedKernels;
  readonly scratch: Pointer;
}

const runtimes = new WeakMap<Backend, QuantizedRuntime>();

/** The quantized kernels beside the backend that the API uses; the first call instantiates them. */
export function quantizedRuntimeInUse(caller: string): QuantizedRuntime {
  const nn = runtimeInUse();
  let runtime = runtimes.get(nn.backend);
  if (!runtime) {
    runtime = createRuntime(caller, nn);
    runtimes.set(nn.backend, runtime);
  }
  return runtime;
}

function createRuntime(caller: string, nn: Runtime): QuantizedRuntime {
  const { memory } = nn.heap;
  const binary = quantizedBinaryOf(variantFor(nn.backend), caller);
  const { exports } = new WebAssembly.Instance(moduleFor(binary, memory), { env: { memory } });
  const kernels = exports as unknown as QuantizedKernels;
  const scratch = nn.heap.allocate(kernels.scratchBytes.value, caller);
  return { nn, kernels, scratch };
}

/** The build that runs wherever that of the layer does. */
function variantFor({ variant }: Backend): QuantizedVariant {
  return variant === "wide" ? "relaxed" : variant;
}
