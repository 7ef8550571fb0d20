/** affine-wasm: the dense layer, forward and backward, on WebAssembly SIMD. */
export type { ArrayOf, DType, FloatArray } from "../common/dtype.js";
export { memoryUsage, tensor } from "../engine/allocate.js";
export type { Source } from "../engine/source.js";
export { backend, type InitOptions, init, initSync } from "../engine/start.js";
export type { Variant } from "../kernels/abi.js";
export type { Binary } from "../kernels/webassembly.js";
export { Affine } from "../layer/affine.js";
export { type BackwardOperands, backward, type ForwardOperands, forward, type Gradients } from "../layer/functional.js";
export type { Initializer } from "../layer/initializers.js";
export type { Activation, AffineOptions, BackwardOptions } from "../layer/options.js";
export type { Shape } from "../layer/passes.js";
export { warmup } from "../layer/warmup.js";
export type { Tensor } from "../memory/tensor.js";
