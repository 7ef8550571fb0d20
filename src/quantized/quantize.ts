/** Weights as integers of eight bits. */
import { MOST_INPUTS } from "../kernels/quantized/abi.js";
import { checkNetwork, type Network, type NetworkLayer } from "../nn/io/network.js";
import { QuantizedNetwork } from "./network.js";
import type { FloatLayerNorm, QuantizedDense, QuantizedPart } from "./parts.js";

const CALLER = "quantize";

/** The largest integer of a weight; as many negative ones. */
const MOST = 127;

/** The smallest scale: a float32 with all its bits. */
const LEAST_SCALE = 2 ** -126;

/**
 * A network with weights of eight bits, made of one in floats, which stays as it is: a quarter of its size, for
 * `predict` and `evaluate` alone, a few times as fast. Layer norms stay in floats, dropout goes. Each output of a layer differs from what the exact weights and inputs
 * give by at most `Σ_p (½·s_w·|x[p]| + ½·s_x·|ŵ[p]|)`, s_w and s_x being a 127th of the largest weight of its column and of
 * the range of its input row; and it is the same number in every build, on every machine.
 *
 * @throws TypeError for anything but a network, ReferenceError for a disposed one, RangeError for weights that are not
 *   finite in float32, for more than 133,144 inputs, or if memory runs out
 */
export function quantize(net: Network): QuantizedNetwork {
  checkNetwork(CALLER, net);
  const parts = net.layers.flatMap((layer, i): QuantizedPart[] => {
    // Dropout does nothing outside of training.
    if (layer.kind === "dropout") return [];
    return [layer.kind === "dense" ? quantizeDense(layer, i) : inFloats(layer, i)];
  });
  if (parts.length === 0) throw new RangeError(`${CALLER}: the network has no layer but dropout`);
  return new QuantizedNetwork(CALLER, parts);
}

type LayerOf<K extends NetworkLayer["kind"]> = Extract<NetworkLayer, { readonly kind: K }>;

function quantizeDense(
  { kind, inFeatures, outFeatures, activation, weight, bias }: LayerOf<"dense">,
  i: number,
): QuantizedDense {
  checkInputs(CALLER, i, inFeatures);
  const scales = scalesOf(weight, outFeatures, i);
  const values = new Int8Array(weight.length);
  for (let at = 0; at < values.length; at++) {
    const steps = Math.round((weight[at] as number) / (scales[at % outFeatures] as number));
    values[at] = Math.max(-MOST, Math.min(steps, MOST));
  }
  return { kind, inFeatures, outFeatures, activation, values, scales, bias: bias && float32(i, "bias", bias) };
}

function inFloats(
  { kind, inFeatures, outFeatures, activation, weight, bias, epsilon }: LayerOf<"layerNorm">,
  i: number,
): FloatLayerNorm {
  const arrays = { weight: float32(i, "weight", weight), bias: float32(i, "bias", bias) };
  return { kind, inFeatures, outFeatures, activation, epsilon, ...arrays };
}

function float32(i: number, name: string, values: ArrayLike<number>): Float32Array {
  checkFinite(i, name, values);
  return new Float32Array(values);
}

/** @throws RangeError for more inputs than there are exact sums for */
export function checkInputs(caller: string, i: number, inFeatures: number): void {
  if (inFeatures > MOST_INPUTS) {
    throw new RangeError(
      `${caller}: layer ${i} has ${inFeatures} inputs; of more than ${MOST_INPUTS} the sums would not be exact`,
    );
  }
}

/** A 127th of the largest weight of each column. */
function scalesOf(weight: ArrayLike<number>, columns: number, i: number): Float32Array {
  const scales = new Float32Array(columns);
  checkFinite(i, "weight", weight);
  for (let at = 0; at < weight.length; at++) {
    const j = at % columns;
    scales[j] = Math.max(scales[j] as number, Math.abs(weight[at] as number));
  }
  for (let j = 0; j < columns; j++) scales[j] = Math.max((scales[j] as number) / MOST, LEAST_SCALE);
  return scales;
}

function checkFinite(i: number, name: string, values: ArrayLike<number>): void {
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (Number.isFinite(Math.fround(value))) continue;
    throw new RangeError(`${CALLER}: the ${name} of layer ${i} must be finite in float32, got ${value} at ${at}`);
  }
}
