/** Layers models of TensorFlow.js, Keras's way into the browser, as networks. */
import { kindOf } from "../../../common/check.js";
import { quoted } from "../../../common/quoted.js";
import { isPlainObject } from "../../../common/records.js";
import { type Imported, networkOf } from "../parts.js";
import { Assembly } from "./layers.js";
import { CALLER, refusal } from "./refusal.js";
import { layersOf } from "./topology.js";
import { readBuffers, Weights } from "./weights.js";

/**
 * The network in a layers model, and what the model does to its outputs in the end: a final softmax or sigmoid is named by
 * `head`, not part of the network.
 *
 * ```ts
 * const json = await (await fetch("model.json")).text();
 * const { net, head } = importTfjsLayers(json, [await (await fetch("weights.bin")).arrayBuffer()]);
 * ```
 *
 * Taken are Sequential models and Functional ones whose layers follow each other, of Dense, LayerNormalization, Dropout,
 * Flatten, Activation and InputLayer, as TensorFlow.js, Keras 2 and Keras 3 write them; weights in float32, float16, or
 * quantized to 8 or 16 bits.
 *
 * @param json the text of model.json, or what `JSON.parse` makes of it
 * @param buffers the files that its manifest names, in that order
 * @throws TypeError for bad arguments; RangeError for a broken file, one that is no such network, or if memory runs out;
 *   nothing is kept then
 */
export function importTfjsLayers(
  json: string | object,
  buffers: readonly (ArrayBuffer | Uint8Array)[],
): Imported<"float32"> {
  const model = typeof json === "string" ? parse(json) : json;
  if (!isPlainObject(model)) throw new TypeError(`${CALLER}: json must be a string or an object, got ${kindOf(json)}`);
  const files = readBuffers(buffers);
  const layers = layersOf(model);
  const assembly = new Assembly(new Weights(model.weightsManifest, files));
  assembly.run(layers);
  const { parts, head, inFeatures } = assembly;
  return { net: networkOf(inFeatures as number, parts, "float32"), head };
}

function parse(text: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw refusal(`the text is not JSON: ${quoted(text)}`);
  }
  if (!isPlainObject(parsed)) throw refusal(`the text is no JSON object: ${quoted(text)}`);
  return parsed;
}
