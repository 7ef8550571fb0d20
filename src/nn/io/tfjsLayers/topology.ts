/** The layers of a layers model in their order, as TensorFlow.js, Keras 2 and Keras 3 write them. */
import { quoted } from "../../../common/quoted.js";
import { isPlainObject } from "../../../common/records.js";
import { refusal } from "./refusal.js";

type Json = Readonly<Record<string, unknown>>;

/** A layer as the file tells it. */
export interface LayerConfig {
  readonly name: string;
  readonly className: string;
  readonly config: Json;
}

/** The layers of a model, from its input to its output. */
export function layersOf(model: Json): LayerConfig[] {
  if (model.format === "graph-model") {
    throw refusal('the file is a graph-model; a layers-model is expected, which Keras\'s "save" or tfjs-layers writes');
  }
  const topology = objectOf(model.modelTopology, "modelTopology");
  const { class_name: className, config } = isPlainObject(topology.model_config) ? topology.model_config : topology;
  if (className === "Sequential") {
    const layers = Array.isArray(config) ? config : objectOf(config, "config").layers;
    return uniquely(listOf(layers, "layers").map(layerOf));
  }
  if (className === "Functional" || className === "Model") return chainOf(objectOf(config, "config"));
  throw refusal(`the model is a ${quoted(String(className))}; "Sequential", "Functional" and "Model" are taken`);
}

export function objectOf(value: unknown, name: string): Json {
  if (!isPlainObject(value)) throw refusal(`the file has no object ${quoted(name)} where one is expected`);
  return value;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0)
    throw refusal(`the file has no ${quoted(name)} where some are expected`);
  return value;
}

function layerOf(value: unknown): LayerConfig {
  const layer = objectOf(value, "layer");
  const config = objectOf(layer.config, "config");
  const name = config.name ?? layer.name;
  if (typeof layer.class_name !== "string" || typeof name !== "string")
    throw refusal("a layer has no class_name or name");
  return { name, className: layer.class_name, config };
}

/** Layers with names of their own: weights are found by them. */
function uniquely(layers: LayerConfig[]): LayerConfig[] {
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) throw refusal(`the model has two layers ${quoted(name)}`);
    names.add(name);
  }
  return layers;
}

/** The layers of a functional model, which must follow each other, from the output back to the input. */
function chainOf(config: Json): LayerConfig[] {
  const layers = new Map<string, { layer: LayerConfig; inbound: unknown }>();
  const list = listOf(config.layers, "layers");
  const read = list.map((each) => ({ layer: layerOf(each), inbound: (each as Json).inbound_nodes }));
  uniquely(read.map(({ layer }) => layer));
  for (const each of read) layers.set(each.layer.name, each);
  const outputs = tensorsOf(config.output_layers);
  if (outputs.length !== 1) throw refusal(`the model has ${outputs.length} outputs; one is taken`);
  const chain: LayerConfig[] = [];
  let next: string | undefined = outputs[0];
  while (next !== undefined) {
    const found = layers.get(next);
    if (!found) throw refusal(`the model has no layer ${quoted(next)}, or uses it twice`);
    layers.delete(next);
    chain.push(found.layer);
    const inputs: string[] = Array.isArray(found.inbound) ? found.inbound.flatMap(inboundOf) : [];
    if (inputs.length > 1) {
      throw refusal(
        `layer ${quoted(next)} (${quoted(found.layer.className)}) has ${inputs.length} inputs; one is taken`,
      );
    }
    next = inputs[0];
  }
  return chain.reverse();
}

/** The names of layers in ["name", 0, 0] or a list of such. */
function tensorsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  if (typeof value[0] === "string") return [value[0]];
  return value.flatMap((each) => (Array.isArray(each) && typeof each[0] === "string" ? [each[0]] : []));
}

/** The layers that a node comes from: [["name", 0, 0, {}]], or in Keras 3 { args: [tensor] } with the layer in its history. */
function inboundOf(node: unknown): string[] {
  if (Array.isArray(node)) return tensorsOf(node);
  const args = isPlainObject(node) && Array.isArray(node.args) ? node.args : [];
  return args.flatMap((each) => {
    const history = isPlainObject(each) && isPlainObject(each.config) ? each.config.keras_history : undefined;
    return tensorsOf(history);
  });
}
