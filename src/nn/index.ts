/** `affine-wasm/nn`: networks of dense layers, and their training, on the kernels of `affine-wasm`. */
export type { LayerActivation } from "./activations.js";
export { type Checkpoint, type CheckpointOptions, loadCheckpoint, saveCheckpoint } from "./checkpoint.js";
export type { Examples, Labels } from "./data.js";
export { type Dense, type DenseLayer, type DenseOptions, dense } from "./dense.js";
export type { Evaluation } from "./evaluate.js";
export type { Fit, FitMetrics, History } from "./fit.js";
export type { Layered } from "./layered.js";
export { binaryCrossEntropy, type Loss, meanSquaredError, softmaxCrossEntropy } from "./losses.js";
export { type AdamOptions, adam, adamW, type Optimizer, type SgdOptions, sgd } from "./optimizers.js";
export {
  parseSafetensors,
  type SafeTensor,
  type Safetensors,
  type SafetensorsDType,
  toFloats,
  writeSafetensors,
} from "./safetensors/index.js";
export { type CosineOptions, cosine, type Run, type Schedule, type StepsOptions, steps } from "./schedules.js";
export { type EvaluateOptions, Sequential, type SequentialOptions } from "./sequential.js";
export type { FitOptions } from "./train.js";
export { loadWeights, saveWeights, type WeightOptions } from "./weights.js";
