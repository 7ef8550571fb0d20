/** `affine-wasm/kernels`: the kernels over a memory that another program owns, such as a game engine's. */
export type { Axpy, ColumnSums, Constant, Gemm, Kernels, MaskGradient, Pointer, Variant } from "../kernels/abi.js";
export { instantiateKernels } from "../kernels/overMemory.js";
