/** The weights of a network in a safetensors file, also as PyTorch lays them out and names them. */
import { checkChoice, checkFields, kindOf } from "../../common/check.js";
import { ARRAYS, type DType, type FloatArray } from "../../common/dtype.js";
import { listed, quoted } from "../../common/quoted.js";
import type { ReadOptions } from "../../formats/limits.js";
import { parseSafetensors, type SafeTensor, toFloats, writeSafetensors } from "../../formats/safetensors/index.js";
import { shapeText } from "../../formats/shape.js";
import { checkNetwork, type Network } from "./network.js";
import { checkMetadata, WRITTEN_DTYPES, type WrittenDType, writtenAs } from "./written.js";

const LAYOUTS = ["native", "pytorch"] as const;

/** The word in the metadata, `format`, by which Python's libraries know PyTorch's layout. */
const PYTORCH = "pt";

export interface WeightOptions {
  /**
   * How W lies in the file: "native", in × out, as in the network, or "pytorch", the transpose, as `torch.nn.Linear` has it.
   * Default "native"; a file marked `format: "pt"`, as PyTorch's are, is not read without a layout.
   */
  layout?: (typeof LAYOUTS)[number] | undefined;
  /**
   * A name for each layer, such as "fc1" for the tensors "fc1.weight" and "fc1.bias". Default: the numbers of the layers
   * from 0; with "pytorch" as `torch.nn.Sequential` counts, where an activation is a module too.
   */
  names?: readonly string[] | undefined;
}

export interface LoadWeightOptions extends WeightOptions, ReadOptions {}

export interface SaveWeightsOptions extends WeightOptions {
  /**
   * The element type in the file; "float16" takes half the room of "float32". Values are rounded to the nearest; one too
   * large for the type is an error. Default: that of the network.
   */
  dtype?: WrittenDType | undefined;
  /** Anything to be kept with the weights, in strings; `parseSafetensors(file).metadata` has it again. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * Writes all weights and biases into a safetensors file.
 *
 * @throws TypeError, RangeError for bad options, or a weight that the type of the file cannot hold; ReferenceError for a
 *   disposed network
 */
export function saveWeights(net: Network, options: SaveWeightsOptions = {}): Uint8Array<ArrayBuffer> {
  const caller = "saveWeights";
  const { layout, names } = readOptions(caller, net, options, ["dtype", "metadata"]);
  const { dtype = net.dtype, metadata } = options;
  checkChoice(caller, "options.dtype", dtype, WRITTEN_DTYPES);
  const own = layout === "pytorch" ? { format: PYTORCH } : {};
  const others = checkMetadata(caller, metadata, Object.keys(own));
  const tensors = new Map<string, SafeTensor>();
  for (const [i, { kind, inFeatures, outFeatures, weight, bias }] of net.layers.entries()) {
    if (!weight) continue;
    const turned = layout === "pytorch" && kind === "dense";
    const shape = shapeOf(kind, inFeatures, outFeatures, turned);
    const data = turned ? transposed(weight, inFeatures, outFeatures) : weight;
    tensors.set(`${names[i]}.weight`, writtenAs(caller, `${names[i]}.weight`, dtype, shape, data));
    if (bias) tensors.set(`${names[i]}.bias`, writtenAs(caller, `${names[i]}.bias`, dtype, [outFeatures], bias));
  }
  return writeSafetensors(tensors, { ...others, ...own });
}

/**
 * Reads all weights and biases from a safetensors file, in which other tensors may lie too. F16, BF16, F32 and F64 become
 * the network's dtype. Everything is checked first: after an error the network is as it was.
 *
 * @param options as `saveWeights` was told; `maxBytes`: default 2³⁰, the limit of the file's data
 * @throws TypeError, RangeError for bad options, a malformed file, a tensor that is missing or has another shape or type,
 *   or a bias for a layer without one; ReferenceError for a disposed network
 */
export function loadWeights(net: Network, bytes: Uint8Array, options: LoadWeightOptions = {}): void {
  const { layout, names, said, maxBytes } = readOptions("loadWeights", net, options, ["maxBytes"]);
  const { tensors, metadata } = parseSafetensors(bytes, { maxBytes });
  if (!said && metadata.format === PYTORCH) {
    throw new RangeError(
      `loadWeights: the file is marked format: "${PYTORCH}", which is PyTorch's; say options.layout, "pytorch" or "native"`,
    );
  }
  // Read once, and last: a subclass may have getters for them.
  const { dtype, layers } = net;
  const found: { target: FloatArray; values: FloatArray }[] = [];
  for (const [i, { kind, inFeatures, outFeatures, weight, bias }] of layers.entries()) {
    if (!weight) continue;
    const turned = layout === "pytorch" && kind === "dense";
    const shape = shapeOf(kind, inFeatures, outFeatures, turned);
    const values = floatsOf(tensors, `${names[i]}.weight`, shape, dtype);
    found.push({ target: weight, values: turned ? transposed(values, outFeatures, inFeatures) : values });
    const biasName = `${names[i]}.bias`;
    if (bias) found.push({ target: bias, values: floatsOf(tensors, biasName, [outFeatures], dtype) });
    else if (tensors.has(biasName)) {
      throw new RangeError(`loadWeights: the file has ${quoted(biasName)}, but layer ${i} has no bias`);
    }
  }
  for (const { target, values } of found) target.set(values);
}

/** That of a layer's weight in the file. */
function shapeOf(kind: string, inFeatures: number, outFeatures: number, turned: boolean): number[] {
  if (kind !== "dense") return [outFeatures];
  return turned ? [outFeatures, inFeatures] : [inFeatures, outFeatures];
}

/** The options, each read once; `said` tells whether the caller gave a layout. */
function readOptions(caller: string, net: Network, options: LoadWeightOptions, others: readonly string[] = []) {
  checkNetwork(caller, net);
  checkFields(caller, "options", options, ["layout", "names", ...others]);
  const { layout: said, names: given, maxBytes } = options;
  const layout = said ?? "native";
  checkChoice(caller, "options.layout", layout, LAYOUTS);
  const names = given ?? (layout === "pytorch" ? moduleNumbers(net) : net.layers.map((_, i) => `${i}`));
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    throw new TypeError(`${caller}: options.names must be an array of strings, got ${kindOf(names)}`);
  }
  if (names.length !== net.layers.length) {
    throw new RangeError(`${caller}: options.names has ${names.length} names for ${net.layers.length} layers`);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeError(`${caller}: options.names has ${quoted(twice)} twice`);
  return { layout, said, maxBytes, names: [...names] as readonly string[] };
}

/** The numbers of the layers in a `torch.nn.Sequential`, where an activation is a module too. */
function moduleNumbers({ layers }: Network): string[] {
  let next = 0;
  return layers.map(({ activation }) => {
    const name = `${next}`;
    next += activation === "none" ? 1 : 2;
    return name;
  });
}

function floatsOf(
  tensors: ReadonlyMap<string, SafeTensor>,
  name: string,
  shape: readonly number[],
  dtype: DType,
): FloatArray {
  const tensor = tensors.get(name);
  if (!tensor) {
    throw new RangeError(
      `loadWeights: the file has no ${quoted(name)}; it has ${listed([...tensors.keys()]) || "nothing"}`,
    );
  }
  if (tensor.shape.join() !== shape.join()) {
    throw new RangeError(`loadWeights: tensor ${quoted(name)} is ${shapeText(tensor.shape)}, expected [${shape}]`);
  }
  if (!["F16", "BF16", "F32", "F64"].includes(tensor.dtype)) {
    throw new RangeError(`loadWeights: tensor ${quoted(name)} is ${tensor.dtype}, expected F16, BF16, F32 or F64`);
  }
  return toFloats(tensor, dtype);
}

/** The transpose of a rows × columns matrix. */
function transposed(matrix: FloatArray, rows: number, columns: number): FloatArray {
  const result = new ARRAYS[matrix.BYTES_PER_ELEMENT === 4 ? "float32" : "float64"](matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j] as number;
  }
  return result;
}
