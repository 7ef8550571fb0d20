/** `affine-wasm/kernels`: the kernels over a memory that another program owns, such as a game engine's. */

export { instantiateKernels } from "../engine/overMemory.js";
export type {
  Axpy,
  ColumnSums,
  Constant,
  Gemm,
  Kernels,
  MaskGradient,
  Pointer,
  Uniform,
  Variant,
} from "../kernels/abi.js";
