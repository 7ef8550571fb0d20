/**
 * The kernels `BatchMatMul` and `_FusedMatMul` of TensorFlow.js, so dense layers, forward and backward, on this library's
 * kernels.
 */
import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from "@tensorflow/tfjs-core";
import { productOf, sizeOf } from "./product.js";
import { accessFor, type TensorAccess, type TfjsBackend } from "./tensorAccess.js";

const BACKENDS = ["wasm", "cpu"];
const KERNELS = ["BatchMatMul", "_FusedMatMul"];

/** Activations by their names in `_FusedMatMul`: the kernel that applies one, or null if the product does it itself. */
const ACTIVATIONS: Record<string, string | null> = {
  linear: null,
  relu: null,
  relu6: "Relu6",
  elu: "Elu",
  prelu: "Prelu",
  leakyrelu: "LeakyRelu",
  sigmoid: "Sigmoid",
};

/** A kernel that does nothing but tell when a backend starts, with all of its kernels registered, and when it ends. */
const WATCHER = "AffineWasm";

interface Params {
  inputs: { a: TensorInfo; b: TensorInfo; bias?: TensorInfo; preluActivationWeights?: TensorInfo };
  attrs: { transposeA: boolean; transposeB: boolean; activation?: string; leakyreluAlpha?: number };
  backend: TfjsBackend;
}

interface Replacement {
  readonly ours: KernelConfig;
  readonly original: KernelConfig;
}

let registered = false;
let replacements: Replacement[] = [];
/** Of each backend in use; null for one that keeps its own kernels. */
const accesses = new Map<object, TensorAccess | null>();

/**
 * Registers the kernels; importing the module has done so already. It may come before or after the backends are imported
 * and started. What the kernels do not take (other types, shapes that do not fit, a bias that is no row, no memory for
 * copies) the original ones still do. Where the backend's own memory ends, a product is a RangeError.
 */
export function register(): void {
  if (registered) return;
  registered = true;
  for (const backendName of BACKENDS) {
    const setupFunc = () => replaceKernels(backendName);
    registerKernel({ kernelName: WATCHER, backendName, kernelFunc: () => [], setupFunc, disposeFunc: release });
    replaceKernels(backendName);
  }
}

/** Puts the original kernels back, and returns what memory was taken from the backends. */
export function restore(): void {
  if (!registered) return;
  registered = false;
  for (const backendName of BACKENDS) unregisterKernel(WATCHER, backendName);
  for (const { ours, original } of replacements) {
    // Unless another has replaced it since.
    if (getKernel(ours.kernelName, ours.backendName) === ours) replace(ours, original);
  }
  replacements = [];
  for (const backend of accesses.keys()) release(backend);
}

function replaceKernels(backendName: string): void {
  for (const kernelName of KERNELS) {
    const original = getKernel(kernelName, backendName);
    if (!original || replacements.some(({ ours }) => ours === original)) continue;
    const kernelFunc = (params: Params) => run(params, backendName) ?? original.kernelFunc(params);
    const ours = { ...original, kernelFunc: kernelFunc as unknown as KernelFunc };
    replacements.push({ ours, original });
    replace(original, ours);
  }
}

/** In two steps: registering over a kernel warns. */
function replace(before: KernelConfig, after: KernelConfig): void {
  unregisterKernel(before.kernelName, before.backendName);
  registerKernel(after);
}

function release(backend: object): void {
  accesses.get(backend)?.release();
  accesses.delete(backend);
}

function accessOf(backend: TfjsBackend, backendName: string): TensorAccess | null {
  let access = accesses.get(backend);
  if (access === undefined) {
    try {
      access = accessFor(backend);
    } catch (error) {
      access = null;
      console.warn(`affine-wasm/tfjs: the ${backendName} backend keeps its own kernels: ${(error as Error).message}`);
    }
    accesses.set(backend, access);
  }
  return access;
}

/** The product, or undefined if the original kernel has to do it. */
function run({ inputs, attrs, backend }: Params, backendName: string): TensorInfo | undefined {
  const { a, b, bias, preluActivationWeights } = inputs;
  const { transposeA, transposeB, activation = "linear", leakyreluAlpha } = attrs;
  if ([a, b, bias, preluActivationWeights].some((tensor) => tensor && tensor.dtype !== "float32")) return undefined;
  const activationName = ACTIVATIONS[activation];
  const activate = activationName ? getKernel(activationName, backendName) : undefined;
  const product = productOf(a.shape, b.shape, transposeA, transposeB);
  if (activationName === undefined || (activationName && !activate) || !product) return undefined;
  if (bias && !(bias.shape.length === 1 && bias.shape[0] === product.n)) return undefined;

  const sums = accessOf(backend, backendName)?.multiply(product, a, b, bias, activation === "relu");
  if (!sums) return undefined;
  if (!activate || sizeOf(sums.shape) === 0) return sums;
  try {
    return activate.kernelFunc({
      inputs: { x: sums, alpha: preluActivationWeights },
      attrs: { alpha: leakyreluAlpha ?? 0 },
      backend,
    }) as TensorInfo;
  } finally {
    backend.disposeData(sums.dataId);
  }
}

register();
