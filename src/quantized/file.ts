/**
 * Quantized networks in safetensors files: the tensors `i.weight` (I8, in × out), `i.scale` and `i.bias` (F32) of layer i,
 * or of a layer norm `i.weight` and `i.bias` (F32), and under the key `layers` of the metadata, in JSON, what else is to be known of each layer.
 */

import { bytesOf } from "../common/bytes.js";
import { kindOf } from "../common/check.js";
import { listed, quoted } from "../common/quoted.js";
import { isPlainObject } from "../common/records.js";
import { parseSafetensors, type SafeTensor, writeSafetensors } from "../formats/safetensors/index.js";
import type { LayerActivation } from "../nn/activations.js";
import { readActivation } from "../nn/readActivation.js";
import { QuantizedNetwork } from "./network.js";
import type { QuantizedDense, QuantizedPart } from "./parts.js";
import { checkInputs } from "./quantize.js";

const CALLER = "loadQuantized";

/** The value of the key `format` of the metadata. */
const FORMAT = "affine-wasm-quantized-1";

/**
 * Writes a quantized network into a safetensors file: one byte for each weight, eight for each output.
 *
 * @throws TypeError for anything but a quantized network, ReferenceError for a disposed one
 */
export function saveQuantized(small: QuantizedNetwork): Uint8Array<ArrayBuffer> {
  if (!(small instanceof QuantizedNetwork)) {
    throw new TypeError(`saveQuantized: small must be what quantize(net) returns, got ${kindOf(small)}`);
  }
  const parts = small.parts("saveQuantized");
  const tensors = new Map<string, SafeTensor>();
  for (const [i, part] of parts.entries()) {
    const vector = (name: string, data: Float32Array | null) => {
      if (data) tensors.set(`${i}.${name}`, { dtype: "F32", shape: [data.length], data });
    };
    vector("bias", part.bias);
    if (part.kind === "layerNorm") {
      vector("weight", part.weight);
      continue;
    }
    const { inFeatures, outFeatures, values, scales } = part;
    tensors.set(`${i}.weight`, { dtype: "I8", shape: [inFeatures, outFeatures], data: values });
    vector("scale", scales);
  }
  const layers = parts.map((part) => {
    const { kind, activation } = part;
    return kind === "dense" ? { kind, activation } : { kind, activation, epsilon: part.epsilon };
  });
  return writeSafetensors(tensors, { format: FORMAT, layers: JSON.stringify(layers) });
}

/**
 * The network in a file that `saveQuantized` wrote. Everything is checked first: nothing is kept of a file that is refused.
 *
 * @throws TypeError for anything but a Uint8Array; RangeError for a file that is broken, or holds something else, or if
 *   memory runs out
 */
export function loadQuantized(bytes: Uint8Array): QuantizedNetwork {
  const file = bytesOf(bytes);
  if (!file) throw new TypeError(`${CALLER}: bytes must be a Uint8Array, got ${kindOf(bytes)}`);
  const { tensors, metadata } = parseSafetensors(file);
  if (metadata.format !== FORMAT) {
    throw refusal(
      `the file is no quantized network: its format is ${quoted(metadata.format ?? "")}, expected "${FORMAT}"`,
    );
  }
  const left = new Map(tensors);
  const parts = layersOf(metadata.layers ?? "").map((layer, i) => readPart(left, layer, i));
  for (const [i, { inFeatures }] of parts.entries()) {
    const before = parts[i - 1]?.outFeatures ?? inFeatures;
    if (before !== inFeatures) throw refusal(`layer ${i} has ${inFeatures} inputs, but ${before} come in`);
  }
  if (left.size > 0) throw refusal(`the file has tensors of no layer: ${listed([...left.keys()])}`);
  return new QuantizedNetwork(CALLER, parts);
}

function refusal(what: string): RangeError {
  return new RangeError(`${CALLER}: ${what}`);
}

/** The layers that the metadata describe. */
function layersOf(text: string): Record<string, unknown>[] {
  let layers: unknown;
  try {
    layers = JSON.parse(text);
  } catch {
    throw refusal(`the layers of the file's metadata are not JSON: ${quoted(text)}`);
  }
  if (!Array.isArray(layers) || layers.length === 0 || !layers.every(isPlainObject)) {
    throw refusal("the layers of the file's metadata must be an array of objects, at least one");
  }
  return layers;
}

/** Takes the tensors of layer `i` out of those of the file. */
function readPart(tensors: Map<string, SafeTensor>, layer: Record<string, unknown>, i: number): QuantizedPart {
  const { kind, activation: given, epsilon, ...more } = layer;
  const known = kind === "dense" ? epsilon === undefined : kind === "layerNorm" && typeof epsilon === "number";
  if (!known || Object.keys(more).length > 0) {
    throw refusal(
      `layer ${i} of the file's metadata must be { kind: "dense", activation } or { kind: "layerNorm", activation, epsilon }`,
    );
  }
  const take = (name: string) => {
    const tensor = tensors.get(`${i}.${name}`);
    tensors.delete(`${i}.${name}`);
    return tensor;
  };
  const [weight, bias] = [take("weight"), take("bias")];
  const activation = readActivation(CALLER, given as LayerActivation);
  if (kind === "layerNorm") {
    const columns = weight?.shape[0] ?? 0;
    const least = Number.NEGATIVE_INFINITY;
    const values = {
      weight: floatsOf(`${i}.weight`, weight, columns, least),
      bias: floatsOf(`${i}.bias`, bias, columns, least),
    };
    if (columns === 0) throw refusal(`tensor "${i}.weight" is empty`);
    if (!(Number.isFinite(epsilon) && (epsilon as number) > 0)) throw refusal(`layer ${i} has the epsilon ${epsilon}`);
    return { kind, inFeatures: columns, outFeatures: columns, activation, epsilon: epsilon as number, ...values };
  }
  return { ...readDense(weight, take("scale"), bias, i), activation };
}

/** The numbers of dense layer `i`. */
function readDense(
  weight: SafeTensor | undefined,
  scale: SafeTensor | undefined,
  bias: SafeTensor | undefined,
  i: number,
): Omit<QuantizedDense, "activation"> {
  if (weight?.dtype !== "I8" || weight.shape.length !== 2) {
    throw refusal(`tensor "${i}.weight" must be a matrix of I8, got ${kindOfTensor(weight)}`);
  }
  const [inFeatures, outFeatures] = weight.shape as [number, number];
  if (inFeatures === 0 || outFeatures === 0) throw refusal(`tensor "${i}.weight" is empty: [${weight.shape}]`);
  checkInputs(CALLER, i, inFeatures);
  if (weight.data.includes(-128)) throw refusal(`tensor "${i}.weight" must be within -127 to 127, got -128`);
  return {
    kind: "dense",
    inFeatures,
    outFeatures,
    values: weight.data,
    scales: floatsOf(`${i}.scale`, scale, outFeatures, 0),
    bias: bias ? floatsOf(`${i}.bias`, bias, outFeatures, Number.NEGATIVE_INFINITY) : null,
  };
}

/** A vector of finite numbers that are at least `least`. */
function floatsOf(name: string, tensor: SafeTensor | undefined, length: number, least: number): Float32Array {
  if (tensor?.dtype !== "F32" || tensor.shape.length !== 1 || tensor.shape[0] !== length) {
    throw refusal(`tensor "${name}" must be F32 × [${length}], got ${kindOfTensor(tensor)}`);
  }
  const wrong = tensor.data.findIndex((each) => !(Number.isFinite(each) && each >= least));
  if (wrong >= 0) throw refusal(`tensor "${name}" holds ${tensor.data[wrong]} at ${wrong}`);
  return tensor.data;
}

function kindOfTensor(tensor: SafeTensor | undefined): string {
  return tensor ? `${tensor.dtype} × [${tensor.shape.slice(0, 8)}]` : "none";
}
