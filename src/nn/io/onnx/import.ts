/**
 * ONNX models as networks. The graph is walked from the output back to the input: what lies on the way must be a chain of
 * dense layers. Source: https://onnx.ai/onnx/operators.
 */

import { bytesOf } from "../../../common/bytes.js";
import { checkChoice, checkFields, kindOf } from "../../../common/check.js";
import { DTYPES, type DType } from "../../../common/dtype.js";
import { entriesOf } from "../../../common/records.js";
import { type Imported, networkOf } from "../parts.js";
import { Assembly } from "./assemble.js";
import { Graph } from "./graph.js";
import { CALLER, refusal } from "./refusal.js";
import type { ExternalData } from "./tensors.js";
import { defaultOutput, pathTo } from "./walk.js";

export interface ImportOnnxOptions<D extends DType = "float32"> {
  /** The tensor that becomes the output of the network, which may be one inside. Default: the first output of floats. */
  output?: string | undefined;
  /** The files in which weights lie beside the model, by the names that the model knows them by. */
  externalData?: Readonly<Record<string, Uint8Array>> | ReadonlyMap<string, Uint8Array> | undefined;
  /** Element type of the network. Default "float32". */
  dtype?: D | undefined;
}

/**
 * The network in an ONNX model, and what the model does to its outputs in the end: a final softmax or sigmoid is named by
 * `head`, not part of the network, so that losses fit and training can go on.
 *
 * ```ts
 * const { net, head } = importOnnx(bytes);
 * const p = head === "softmax" ? softmax(net.predict(x), net.outFeatures) : net.predict(x);
 * ```
 *
 * Taken are dense layers and layer normalisations with the activations of `dense`, however they are written (Gemm; MatMul and
 * Add; GELU, SiLU and the normalisation in single steps), and what can be folded into their weights: scaling and shifting, batch normalization, alpha and beta.
 * Weights are initializers or constants, float32, float64 or float16, in the file or beside it. Any other operator on the
 * way, or a branch, is refused by name.
 *
 * @throws TypeError for bad arguments; RangeError for a broken file, one that is no such network, or if memory runs out;
 *   nothing is kept then
 */
export function importOnnx<D extends DType = "float32">(
  bytes: Uint8Array,
  options: ImportOnnxOptions<D> = {},
): Imported<D> {
  const file = bytesOf(bytes);
  if (!file) throw new TypeError(`${CALLER}: bytes must be a Uint8Array, got ${kindOf(bytes)}`);
  checkFields(CALLER, "options", options, ["output", "externalData", "dtype"]);
  const { output, externalData, dtype = "float32" as D } = options;
  if (output !== undefined && typeof output !== "string") {
    throw new TypeError(`${CALLER}: options.output must be a string, got ${kindOf(output)}`);
  }
  checkChoice(CALLER, "options.dtype", dtype, DTYPES);
  const graph = new Graph(file, readExternal(externalData));
  const { input, operations } = pathTo(graph, output ?? defaultOutput(graph));
  const assembly = new Assembly(graph, dtype, graph.rowLength(input));
  assembly.run(operations);
  for (const { weight, bias } of assembly.parts) {
    if (weight.length === 0 || bias?.length === 0) throw refusal("a layer has no weights");
  }
  return { net: networkOf(assembly.inFeatures, assembly.parts, dtype), head: assembly.head };
}

function readExternal(externalData: unknown): ExternalData {
  if (externalData === undefined) return new Map();
  const entries = entriesOf(externalData);
  if (!entries) {
    throw new TypeError(`${CALLER}: options.externalData must be an object or a Map, got ${kindOf(externalData)}`);
  }
  return new Map(
    entries.map(([name, value]) => {
      const bytes = bytesOf(value);
      if (typeof name !== "string" || !bytes) {
        throw new TypeError(`${CALLER}: options.externalData must map names to Uint8Arrays, got ${kindOf(value)}`);
      }
      return [name, bytes];
    }),
  );
}
