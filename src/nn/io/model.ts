/** A whole network in a safetensors file: its layers in the metadata, its weights as tensors. */
import { checkChoice, checkCount, checkFields, checkObject, kindOf } from "../../common/check.js";
import { ARRAYS, DTYPES, type DType, type FloatArray } from "../../common/dtype.js";
import { quoted } from "../../common/quoted.js";
import type { ReadOptions } from "../../formats/limits.js";
import { parseSafetensors, type SafeTensor, toFloats, writeSafetensors } from "../../formats/safetensors/index.js";
import { dense } from "../layers/dense.js";
import { dropout } from "../layers/dropout.js";
import type { LayerSpec } from "../layers/index.js";
import { layerNorm } from "../layers/layerNorm.js";
import { Sequential } from "../sequential.js";
import { arraysOf, checkNetwork, type Network, type NetworkLayer } from "./network.js";
import { checkMetadata, tensorOf } from "./written.js";

/** The field of the metadata. */
const FIELD = "model";
const VERSION = 1;
/** More layers than anybody has, and few enough that a file of nothing but dropouts takes no memory to speak of. */
const MOST_LAYERS = 10_000;

export interface SaveModelOptions {
  /** Anything else to be kept, in strings; `parseSafetensors(file).metadata` has it again. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

export interface LoadModelOptions<D extends DType = DType> extends ReadOptions {
  /** The element type of the network; what the file holds is converted. Default: that of the file. */
  dtype?: D | undefined;
}

/** What the file says of a network. */
interface Description {
  readonly dtype: DType;
  readonly inFeatures: number;
  readonly layers: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Writes a network into a safetensors file, from which `loadModel` makes it again: its layers and element type in the field
 * "model" of the metadata, its weights under the names of `saveWeights`.
 *
 * @throws TypeError, RangeError for bad options, ReferenceError for a disposed network
 */
export function saveModel(net: Network, options: SaveModelOptions = {}): Uint8Array<ArrayBuffer> {
  const caller = "saveModel";
  checkNetwork(caller, net);
  checkFields(caller, "options", options, ["metadata"]);
  const metadata = checkMetadata(caller, options.metadata, [FIELD]);
  const { dtype, inFeatures, layers } = net;
  const tensors = new Map<string, SafeTensor>();
  for (const { name, shape, data } of arraysOf(net)) tensors.set(name, tensorOf(dtype, shape, data));
  const description = { version: VERSION, dtype, inFeatures, layers: layers.map(describe) };
  return writeSafetensors(tensors, { ...metadata, [FIELD]: JSON.stringify(description) });
}

function describe(layer: NetworkLayer): Record<string, unknown> {
  const { kind, outFeatures, activation, trainable } = layer;
  if (kind === "dropout") return { kind, rate: layer.rate };
  if (kind === "layerNorm") return { kind, activation, epsilon: layer.epsilon, trainable };
  return { kind, outFeatures, activation, bias: layer.bias !== null, trainable };
}

/**
 * The network of a file that `saveModel` wrote. Weights of F16, BF16, F32 or F64 become its element type. The file is
 * checked first: nothing is allocated that its tensors do not account for.
 *
 * @param options `maxBytes`: default 2³⁰, the limit of the file's data
 * @throws TypeError, RangeError for a malformed file, unknown layers, or tensors that are missing, left over or misshapen
 */
export function loadModel(bytes: Uint8Array, options?: LoadModelOptions): Sequential<DType>;
export function loadModel<D extends DType>(
  bytes: Uint8Array,
  options: LoadModelOptions<D> & { dtype: D },
): Sequential<D>;
export function loadModel(bytes: Uint8Array, options: LoadModelOptions = {}): Sequential<DType> {
  const caller = "loadModel";
  checkFields(caller, "options", options, ["dtype", "maxBytes"]);
  const { dtype: wanted, maxBytes } = options;
  if (wanted !== undefined) checkChoice(caller, "options.dtype", wanted, DTYPES);
  const { tensors, metadata } = parseSafetensors(bytes, { maxBytes });
  const { dtype, inFeatures, layers } = readDescription(caller, metadata[FIELD]);
  const specs = layers.map((layer, i) => specOf(caller, layer, i));
  checkTensors(caller, tensors, inFeatures, specs);
  const net = new Sequential<DType>(inFeatures, specs, { dtype: wanted ?? dtype });
  for (const [i, layer] of net.layers.entries()) {
    if (layer.kind === "dropout") continue;
    const { weight, bias } = layer.peek();
    weight.set(floatsOf(tensors, `${i}.weight`, net.dtype));
    bias?.set(floatsOf(tensors, `${i}.bias`, net.dtype));
  }
  return net;
}

function floatsOf(tensors: ReadonlyMap<string, SafeTensor>, name: string, dtype: DType): FloatArray {
  const tensor = tensors.get(name) as SafeTensor;
  return tensor.data instanceof ARRAYS[dtype] ? tensor.data : toFloats(tensor, dtype);
}

function readDescription(caller: string, text: string | undefined): Description {
  if (text === undefined) {
    throw new RangeError(
      `${caller}: the file holds no model: its metadata has no "${FIELD}"; for weights alone there is loadWeights`,
    );
  }
  let about: unknown;
  try {
    about = JSON.parse(text);
  } catch {}
  const { version, dtype, inFeatures, layers } = Object(about) as Record<string, unknown>;
  if (version !== VERSION) {
    throw new RangeError(`${caller}: the file's metadata "${FIELD}" is ${quoted(text)}, expected version ${VERSION}`);
  }
  checkChoice(caller, "the model's dtype", dtype, DTYPES);
  checkCount(caller, "the model's inFeatures", inFeatures);
  if (!Array.isArray(layers)) {
    throw new TypeError(`${caller}: the model's layers must be an array, got ${kindOf(layers)}`);
  }
  if (layers.length === 0 || layers.length > MOST_LAYERS) {
    throw new RangeError(`${caller}: the model has ${layers.length} layers, expected 1 to ${MOST_LAYERS}`);
  }
  return { dtype, inFeatures, layers };
}

/** A layer as the file tells of it: checked as if a user had written it. */
function specOf(caller: string, layer: unknown, i: number): LayerSpec {
  const name = `the model's layers[${i}]`;
  checkObject(caller, name, layer);
  const { kind, ...fields } = layer as Record<string, never>;
  try {
    if (kind === "dense") {
      const { outFeatures, ...options } = fields;
      return dense(outFeatures as never, { ...options, initializer: "zeros" });
    }
    if (kind === "layerNorm") return layerNorm(fields);
    if (kind === "dropout") {
      checkFields("dropout", "options", fields, ["rate"]);
      return dropout(fields.rate as never);
    }
  } catch (cause) {
    throw new RangeError(`${caller}: ${name} is none that can be made: ${(cause as Error).message}`, { cause });
  }
  const got = typeof kind === "string" ? quoted(kind) : kindOf(kind);
  throw new RangeError(`${caller}: ${name} is of the unknown kind ${got}; there are "dense", "layerNorm", "dropout"`);
}

/** Whether the file has the tensors of these layers, and no others. */
function checkTensors(
  caller: string,
  tensors: ReadonlyMap<string, SafeTensor>,
  inFeatures: number,
  specs: readonly LayerSpec[],
): void {
  let found = 0;
  let columns = inFeatures;
  const check = (name: string, shape: readonly number[]): void => {
    const tensor = tensors.get(name);
    if (!tensor) throw new RangeError(`${caller}: the file has no tensor "${name}"`);
    if (tensor.shape.join() !== shape.join()) {
      throw new RangeError(`${caller}: tensor "${name}" is [${tensor.shape}], expected [${shape}]`);
    }
    if (!["F16", "BF16", "F32", "F64"].includes(tensor.dtype)) {
      throw new RangeError(`${caller}: tensor "${name}" is ${tensor.dtype}, expected F16, BF16, F32 or F64`);
    }
    found++;
  };
  for (const [i, spec] of specs.entries()) {
    if (spec.kind === "dropout") continue;
    const out = spec.kind === "dense" ? spec.outFeatures : columns;
    check(`${i}.weight`, spec.kind === "dense" ? [columns, out] : [out]);
    if (spec.kind === "layerNorm" || spec.bias) check(`${i}.bias`, [out]);
    columns = out;
  }
  if (found !== tensors.size) {
    throw new RangeError(`${caller}: the file has ${tensors.size} tensors, of which the model's layers have ${found}`);
  }
}
