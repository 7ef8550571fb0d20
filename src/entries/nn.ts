/** `affine-wasm/nn`: networks of dense and other layers, and their training, on the kernels of `affine-wasm`. */

export type { ReadOptions } from "../formats/limits.js";
export {
  parseSafetensors,
  type SafeTensor,
  type Safetensors,
  type SafetensorsDType,
  type SafetensorsOptions,
  toFloats,
  writeSafetensors,
} from "../formats/safetensors/index.js";
export type { LayerActivation } from "../nn/activations.js";
export type { Examples } from "../nn/data.js";
export type { Evaluation } from "../nn/evaluate.js";
export type { FitOptions } from "../nn/fitOptions.js";
export { type Checkpoint, type CheckpointOptions, loadCheckpoint, saveCheckpoint } from "../nn/io/checkpoint.js";
export { type LoadModelOptions, loadModel, type SaveModelOptions, saveModel } from "../nn/io/model.js";
export type { Network } from "../nn/io/network.js";
export {
  type LoadWeightOptions,
  loadWeights,
  type SaveWeightsOptions,
  saveWeights,
  type WeightOptions,
} from "../nn/io/weights.js";
export type { Labels } from "../nn/labels.js";
export { type DenseLayer, type DenseOptions, type DenseSpec, dense } from "../nn/layers/dense.js";
export { type DropoutLayer, type DropoutSpec, dropout } from "../nn/layers/dropout.js";
export type { Layer, LayerOf, LayerSpec, LayersOf } from "../nn/layers/index.js";
export { type LayerNormLayer, type LayerNormOptions, type LayerNormSpec, layerNorm } from "../nn/layers/layerNorm.js";
export type { LossAndGradient, Targets } from "../nn/lossByHand.js";
export {
  binaryCrossEntropy,
  type HuberOptions,
  huber,
  type Loss,
  type LossFunction,
  meanSquaredError,
  softmaxCrossEntropy,
} from "../nn/losses.js";
export type { FitMetrics, History } from "../nn/metrics.js";
export type { Optimizer } from "../nn/optimizer.js";
export type { AdamOptions, SgdOptions, Trainable } from "../nn/optimizerOptions.js";
export { adam, adamW, sgd } from "../nn/optimizers.js";
export type { PredictOptions } from "../nn/predict.js";
export { argmax, sigmoid, softmax } from "../nn/readout.js";
export { type CosineOptions, cosine, type Run, type Schedule, type StepsOptions, steps } from "../nn/schedules.js";
export { Sequential } from "../nn/sequential.js";
export type { EvaluateOptions, SequentialOptions } from "../nn/sequentialOptions.js";
