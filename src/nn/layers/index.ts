/** The kinds of layers, and how a list of specifications becomes the layers of a network. */
import { kindOf } from "../../common/check.js";
import type { DType } from "../../common/dtype.js";
import { notOwn, ownKind } from "../../common/own.js";
import { subseed } from "../../common/random.js";
import type { Backend } from "../../engine/backend.js";
import { initialize } from "../../layer/initializers.js";
import { Layout, type ParameterBlock } from "../parameterBlock.js";
import { DenseLayer, DenseSpec, dense } from "./dense.js";
import { DropoutLayer, type DropoutSpec, dropout } from "./dropout.js";
import { LayerNormLayer, type LayerNormSpec, layerNorm } from "./layerNorm.js";
import type { LayerLayout } from "./layout.js";

/** What `dense`, `layerNorm` and `dropout` return. */
export type LayerSpec = DenseSpec | LayerNormSpec | DropoutSpec;

/** The layer that a specification becomes. */
export type LayerOf<S extends LayerSpec, D extends DType> = S extends DenseSpec
  ? DenseLayer<D>
  : S extends LayerNormSpec
    ? LayerNormLayer<D>
    : S extends DropoutSpec
      ? DropoutLayer
      : never;

/** The layers of a network, in the order of their specifications. */
export type LayersOf<L extends readonly LayerSpec[], D extends DType> = {
  readonly [I in keyof L]: LayerOf<L[I], D>;
};

/** Any layer: a `kind` tells which. */
export type Layer<D extends DType = DType> = LayerOf<LayerSpec, D>;

/**
 * Specifications to build from, each read once: one may be another copy's of the package, or a proxy.
 * @throws TypeError for anything but what `dense`, `layerNorm` and `dropout` return
 */
export function readSpecs(caller: string, layers: unknown): LayerSpec[] {
  if (!Array.isArray(layers)) {
    throw new TypeError(`${caller}: layers must be an array of dense(…), got ${kindOf(layers)}`);
  }
  if (layers.length === 0) throw new RangeError(`${caller}: layers is empty`);
  return Array.from(layers, (layer, i) => readSpec(caller, `layers[${i}]`, layer));
}

function readSpec(caller: string, name: string, value: unknown): LayerSpec {
  const kind = ownKind(value);
  if (kind === "dense(…)") {
    const { outFeatures, activation, bias, initializer, trainable } = value as DenseSpec;
    return dense(outFeatures, { activation, bias, initializer, trainable });
  }
  if (kind === "layerNorm(…)") {
    const { activation, epsilon, trainable } = value as LayerNormSpec;
    return layerNorm({ activation, epsilon, trainable });
  }
  if (kind === "dropout(…)") return dropout((value as DropoutSpec).rate);
  throw notOwn(caller, name, value, DenseSpec, "a dense(…), layerNorm(…) or dropout(…)");
}

/** Where the parameters of each layer lie in one block. */
export function layOut(inFeatures: number, specs: readonly LayerSpec[], dtype: DType) {
  const block = new Layout(dtype);
  let columns = inFeatures;
  const layouts = specs.map((spec, index): LayerLayout => {
    const sizes = { inFeatures: columns, outFeatures: columns };
    if (spec.kind === "dropout") {
      const { kind, rate } = spec;
      return { kind, ...sizes, activation: "none", rate, index, weight: null, bias: null, trainable: true };
    }
    const { activation, trainable } = spec;
    if (spec.kind === "layerNorm") {
      const { kind, epsilon } = spec;
      const weight = block.add(`${index}.weight`, columns);
      const bias = block.add(`${index}.bias`, columns);
      return { kind, ...sizes, activation, epsilon, weight, bias, trainable };
    }
    const { kind, outFeatures } = spec;
    const weight = block.add(`${index}.weight`, columns * outFeatures);
    const bias = spec.bias ? block.add(`${index}.bias`, outFeatures) : null;
    columns = outFeatures;
    return { kind, ...sizes, outFeatures, activation, weight, bias, trainable };
  });
  return { block, layouts };
}

/** The layers with their starting values. */
export function makeLayers<D extends DType>(
  backend: Backend,
  specs: readonly LayerSpec[],
  layouts: readonly LayerLayout[],
  parameters: ParameterBlock<D>,
  seed: number,
): Layer<D>[] {
  return layouts.map((layout, i): Layer<D> => {
    if (layout.kind === "dropout") return new DropoutLayer(layout);
    if (layout.kind === "layerNorm") {
      const layer = new LayerNormLayer(layout, parameters);
      layer.peek().weight.fill(1);
      return layer;
    }
    const layer = new DenseLayer(layout, parameters);
    const { initializer } = specs[i] as DenseSpec;
    initialize(backend, layer.peek(), initializer, layout.inFeatures, layout.outFeatures, subseed(seed, i));
    return layer;
  });
}
