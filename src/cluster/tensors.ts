/** The arrays of a network as files, and back. */
import type { DType, FloatArray } from "../common/dtype.js";
import { parseSafetensors, type SafeTensor, writeSafetensors } from "../formats/safetensors/index.js";
import { arraysOf, type Network } from "../nn/io/network.js";
import { BlobError } from "./blobs.js";

/** Copies of arrays, by their names in a file of weights. */
export type NamedArrays = ReadonlyMap<string, FloatArray>;

/** All weights, copied. */
export function weightsOf(net: Network): NamedArrays {
  return new Map(arraysOf(net).map(({ name, data }) => [name, data.slice()]));
}

/** The gradients of all weights, copied, each under the name of its weight; zeros for a layer that is not trained. */
export function gradientsOf(net: Network): NamedArrays {
  return new Map(
    gradientViews(net).map(({ name, gradient, data }) => [name, gradient?.slice() ?? data.slice().fill(0)]),
  );
}

/** Live views of the weights with their gradients; null where a layer is not trained. Read them anew after an allocation. */
export function gradientViews(net: Network) {
  return arraysOf(net).map(({ name, shape, data }) => {
    const [layer, field] = name.split(".") as [string, "weight" | "bias"];
    const owner = net.layers[Number(layer)] as unknown as Record<string, FloatArray | boolean | null>;
    const gradient = owner.trainable === false ? null : owner[field === "weight" ? "dWeight" : "dBias"];
    return { name, shape, data, gradient: gradient as FloatArray | null };
  });
}

/** What a file of tensors says of itself: a result of another round must not pass for one of this. */
export interface Origin {
  readonly prefix: string;
  readonly round: number;
  readonly shard: number;
}

export function writeTensors(
  net: Network,
  tensors: NamedArrays,
  { prefix, round, shard }: Origin,
): Uint8Array<ArrayBuffer> {
  const entries = arraysOf(net).map(({ name, shape }): [string, SafeTensor] => {
    const dtype = net.dtype === "float32" ? "F32" : "F64";
    return [name, { dtype, shape, data: tensors.get(name) as FloatArray } as SafeTensor];
  });
  return writeSafetensors(new Map(entries), { prefix, round: `${round}`, shard: `${shard}` });
}

/** @throws BlobError for a file of another round, of other shapes, or with a number that is not finite */
export function readTensors(net: Network, bytes: Uint8Array, origin: Origin): NamedArrays {
  const { tensors, metadata } = parseSafetensors(bytes);
  for (const [field, value] of Object.entries(origin)) {
    if (metadata[field] !== String(value)) {
      throw new BlobError(`its tensors are of ${field} ${metadata[field]?.slice(0, 80)}, expected ${value}`);
    }
  }
  const expected = arraysOf(net);
  const read = new Map<string, FloatArray>();
  for (const { name, shape } of expected) {
    const tensor = tensors.get(name);
    const dtype = net.dtype === "float32" ? "F32" : "F64";
    if (tensor?.dtype !== dtype || tensor.shape.join() !== shape.join()) {
      throw new BlobError(`tensor "${name}" is ${tensor?.dtype} [${tensor?.shape}], expected ${dtype} [${shape}]`);
    }
    const data = tensor.data as FloatArray;
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i])) throw new BlobError(`tensor "${name}" has ${data[i]} at ${i}`);
    }
    read.set(name, data);
  }
  if (tensors.size !== expected.length)
    throw new BlobError(`it has ${tensors.size} tensors, expected ${expected.length}`);
  return read;
}

/** Float64 sums of the arrays of a network, in the order in which they are added. */
export class Sums {
  readonly #sums = new Map<string, Float64Array>();

  /** Adds `factor·(minus - array)`, or `factor·array` without `minus`. */
  add(arrays: NamedArrays, factor: number, minus?: NamedArrays): void {
    for (const [name, array] of arrays) {
      let sum = this.#sums.get(name);
      if (!sum) {
        sum = new Float64Array(array.length);
        this.#sums.set(name, sum);
      }
      const from = minus?.get(name);
      for (let i = 0; i < array.length; i++) {
        const value = array[i] as number;
        sum[i] = (sum[i] as number) + factor * (from ? (from[i] as number) - value : value);
      }
    }
  }

  /** Writes the sums over `divisor` into the gradients of a network. */
  writeGradients(net: Network & { readonly dtype: DType }, divisor: number): void {
    for (const { name, gradient } of gradientViews(net)) {
      const sum = this.#sums.get(name);
      if (!gradient || !sum) continue;
      for (let i = 0; i < gradient.length; i++) gradient[i] = (sum[i] as number) / divisor;
    }
  }
}
