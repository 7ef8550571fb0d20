/**
 * `affine-wasm/tfjs`: importing it makes TensorFlow.js multiply float32 matrices with this library's kernels, on its `wasm`
 * and `cpu` backends. Needs the package @tensorflow/tfjs-core beside this one.
 */
export { register, restore } from "../tfjs/register.js";
