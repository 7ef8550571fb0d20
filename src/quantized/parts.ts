/** A quantized network as values: what `quantize` computes, and what a file holds. */
import type { LayerActivation } from "../nn/activations.js";

/** A dense layer in integers: W[p][j] ≈ scales[j]·values[p·outFeatures + j]. */
export interface QuantizedDense {
  readonly kind: "dense";
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly activation: LayerActivation;
  /** inFeatures × outFeatures, -127 … 127. */
  readonly values: Int8Array;
  readonly scales: Float32Array;
  readonly bias: Float32Array | null;
}

/** A layer normalisation, which stays in floats. */
export interface FloatLayerNorm {
  readonly kind: "layerNorm";
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly activation: LayerActivation;
  readonly epsilon: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export type QuantizedPart = QuantizedDense | FloatLayerNorm;
