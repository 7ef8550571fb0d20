/** Layers models made by hand. */
export interface ModelWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values?: readonly number[];
  readonly [more: string]: unknown;
}

/** Numbers that are exact in every float. */
export function someNumbers(length: number, seed = 1): number[] {
  return Array.from({ length }, (_, i) => Math.round(16 * Math.sin(7 * seed + 1.3 * i)) / 16);
}

export function weight(name: string, shape: readonly number[], seed = 1): ModelWeight {
  const length = shape.reduce((product, size) => product * size, 1);
  return { name, shape, dtype: "float32", values: someNumbers(length, seed) };
}

export const layer = (className: string, name: string, config: object = {}) => ({
  class_name: className,
  config: { name, ...config },
});

/** model.json and its files, with all weights in one group. */
export function modelOf(topology: object, weights: readonly ModelWeight[]) {
  const specs = weights.map(({ values, ...spec }) => spec);
  const bytes = Float32Array.from(weights.flatMap(({ values = [] }) => values));
  return {
    json: {
      format: "layers-model",
      modelTopology: topology,
      weightsManifest: [{ paths: ["weights.bin"], weights: specs }],
    },
    buffers: [new Uint8Array(bytes.buffer)],
  };
}

export const sequential = (layers: readonly object[]) => ({ class_name: "Sequential", config: { name: "s", layers } });
