/** A network out of a visitor's file. Loaded when there is one. */
import {
  type DenseSpec,
  dense,
  loadModel,
  loadWeights,
  parseSafetensors,
  type SafeTensor,
  Sequential,
  type WeightOptions,
} from "affine-wasm/nn";
import type { QuantizedLayer } from "affine-wasm/quantized";

export type Head = "none" | "softmax" | "sigmoid";

/** A network as the page uses it, in floats or in eight bits. */
export interface Predicts {
  readonly inFeatures: number;
  readonly outFeatures: number;
  predict(x: Float32Array<ArrayBuffer>, out: Float32Array<ArrayBuffer>): Float32Array;
  dispose(): void;
}

export interface LayerSummary {
  readonly kind: string;
  readonly size: string;
  readonly activation: string;
  readonly parameters: number;
}

export interface Opened {
  readonly net: Predicts;
  readonly layers: readonly LayerSummary[];
  /** What the file does to the outputs in the end. */
  readonly head: Head;
  /** What is to be known besides. */
  readonly note: string;
}

/**
 * @param maxBytes the most that a file may declare
 * @throws Error of the library's for a file that it refuses; nothing is kept then
 */
export async function openNetwork(name: string, bytes: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<Opened> {
  if (name.toLowerCase().endsWith(".onnx")) {
    const { importOnnx } = await import("affine-wasm/onnx");
    const { net, head } = importOnnx(bytes);
    return opened(net, head, "");
  }
  const { tensors, metadata } = parseSafetensors(bytes, { maxBytes });
  if (metadata.format?.startsWith("affine-wasm-quantized")) {
    const { loadQuantized } = await import("affine-wasm/quantized");
    const net = loadQuantized(bytes);
    return { net, layers: net.layers.map(summaryOf), head: "none", note: "Weights of eight bits." };
  }
  const alone = metadata.model === undefined ? weightsAlone(tensors, metadata.format) : null;
  if (!alone) return opened(loadModel<"float32">(bytes, { dtype: "float32", maxBytes }), "none", "");
  const net = new Sequential(alone.inFeatures, alone.specs);
  try {
    loadWeights(net, bytes, { ...alone.options, maxBytes });
  } catch (error) {
    net.dispose();
    throw error;
  }
  return opened(net, "none", "The file holds weights alone: ReLU is taken between the layers.");
}

function opened(net: Sequential, head: Head, note: string): Opened {
  return { net, layers: net.layers.map(summaryOf), head, note };
}

function summaryOf(layer: Omit<QuantizedLayer, "kind"> & { readonly kind: string }): LayerSummary {
  const { kind, inFeatures, outFeatures, activation, hasBias } = layer;
  const isDense = kind === "dense";
  const weights = { dense: inFeatures * outFeatures, layerNorm: outFeatures }[kind] ?? 0;
  return {
    kind,
    size: isDense ? `${inFeatures} × ${outFeatures}` : String(outFeatures),
    activation: typeof activation === "string" ? activation : (Object.entries(activation)[0] ?? []).join(" "),
    parameters: weights + (hasBias ? outFeatures : 0),
  };
}

interface Alone {
  readonly inFeatures: number;
  readonly specs: DenseSpec[];
  readonly options: WeightOptions;
}

/**
 * The dense layers of a file with nothing but weights, as `saveWeights` and PyTorch write them; null for any other file. In
 * the order of their names, each takes what the one before gives.
 */
function weightsAlone(tensors: ReadonlyMap<string, SafeTensor>, format: string | undefined): Alone | null {
  const { compare } = new Intl.Collator("en", { numeric: true });
  const names = [...tensors.keys()].flatMap((key) => /^(.+)\.weight$/.exec(key)?.[1] ?? []).sort(compare);
  const shapes = names.map((name) => ({
    weight: tensors.get(`${name}.weight`)?.shape ?? [],
    bias: tensors.get(`${name}.bias`)?.shape,
  }));
  const known = shapes.reduce((count, { bias }) => count + (bias ? 2 : 1), 0);
  if (names.length === 0 || known !== tensors.size) return null;
  const layouts = format === "pt" ? (["pytorch"] as const) : (["native", "pytorch"] as const);
  for (const layout of layouts) {
    const sizes = shapes.map(({ weight }) => (layout === "native" ? weight : weight.toReversed()));
    const fits = sizes.every(
      (size, i) =>
        size.length === 2 &&
        (i === 0 || size[0] === sizes[i - 1]?.[1]) &&
        (shapes[i]?.bias ?? [size[1]]).join() === String(size[1]),
    );
    if (!fits) continue;
    const specs = sizes.map(([, out = 0], i) =>
      dense(out, {
        activation: i === sizes.length - 1 ? "none" : "relu",
        bias: shapes[i]?.bias !== undefined,
        initializer: "zeros",
      }),
    );
    return { inFeatures: sizes[0]?.[0] ?? 0, specs, options: { layout, names } };
  }
  return null;
}
