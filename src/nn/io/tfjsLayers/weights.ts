/** The weights of a layers model: what the manifest lists, in the bytes of its files. */

import { bytesOf } from "../../../common/bytes.js";
import { kindOf } from "../../../common/check.js";
import { fromFloat16 } from "../../../common/half.js";
import { quoted } from "../../../common/quoted.js";
import { isPlainObject } from "../../../common/records.js";
import { countOf, wholesOf } from "../../../formats/shape.js";
import { CALLER, refusal } from "./refusal.js";

/** An array of a model. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its values, made when they are asked for. */
  readonly values: () => Float32Array;
}

/** Bytes of an element as it is stored. */
const BYTES: ReadonlyMap<string, number> = new Map([
  ["float32", 4],
  ["int32", 4],
  ["bool", 1],
  ["complex64", 8],
  ["uint8", 1],
  ["uint16", 2],
  ["float16", 2],
]);

/** Parts of a name: "model/dense/kernel" has three. */
const MOST_PARTS = 8;

/** Weights by the layer and the variable that they are named after. */
export class Weights {
  readonly #weights = new Map<string, Weight | "several">();

  /** @throws RangeError for a manifest that does not fit the bytes */
  constructor(manifest: unknown, buffers: readonly Uint8Array[]) {
    if (!Array.isArray(manifest)) throw refusal("the file has no weightsManifest");
    let used = 0;
    for (const group of manifest) {
      const { paths, weights } = isPlainObject(group) ? group : {};
      if (!Array.isArray(paths) || !Array.isArray(weights))
        throw refusal("a group of weightsManifest has no paths or weights");
      this.#addGroup(weights, joined(buffers.slice(used, used + paths.length)));
      used += paths.length;
    }
    if (used !== buffers.length) {
      throw refusal(`the manifest names ${used} files of weights, but ${buffers.length} buffers are given`);
    }
  }

  /** The variable of a layer; undefined if there is none. */
  find(layer: string, variable: string): Weight | undefined {
    const found = this.#weights.get(`${layer}/${variable}`);
    if (found === "several") throw refusal(`the manifest has several weights ${quoted(`${layer}/${variable}`)}`);
    return found;
  }

  #addGroup(specs: readonly unknown[], bytes: Uint8Array): void {
    let at = 0;
    for (const spec of specs) {
      const { name, shape: sizes, dtype, quantization, group } = isPlainObject(spec) ? spec : {};
      const shape = wholesOf(sizes);
      if (typeof name !== "string" || !shape) throw refusal("a weight of the manifest has no name or shape");
      const {
        dtype: stored,
        scale,
        min,
      } = isPlainObject(quantization) ? quantization : ({ dtype } as Record<string, unknown>);
      const size = BYTES.get(stored as string);
      if (size === undefined) throw refusal(`weight ${quoted(name)} has the dtype ${quoted(String(stored))}`);
      const end = at + countOf(shape) * size;
      if (!(end <= bytes.length)) {
        throw refusal(`weight ${quoted(name)} ends at byte ${end}, but its files have ${bytes.length}`);
      }
      const part = bytes.subarray(at, end);
      at = end;
      if (group === "optimizer") continue;
      this.#add({ name, shape, values: () => read(name, part, stored as string, scale, min) });
    }
    if (at !== bytes.length)
      throw refusal(`the weights of a group end at byte ${at}, but its files have ${bytes.length}`);
  }

  #add(weight: Weight): void {
    const parts = weight.name.replace(/:0$/, "").split("/");
    const variable = parts.pop() as string;
    for (const part of new Set(parts.slice(-MOST_PARTS))) {
      const key = `${part}/${variable}`;
      this.#weights.set(key, this.#weights.has(key) ? "several" : weight);
    }
  }
}

/** The bytes of files that follow each other. */
function joined(buffers: readonly Uint8Array[]): Uint8Array {
  const [first] = buffers;
  if (first && buffers.length === 1) return first;
  const whole = new Uint8Array(buffers.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of buffers) {
    whole.set(each, at);
    at += each.length;
  }
  return whole;
}

/** Floats as they are stored: float32, float16, or integers q that stand for q·scale + min. */
function read(name: string, bytes: Uint8Array, stored: string, scale: unknown, min: unknown): Float32Array {
  const copy = new Uint8Array(bytes).buffer;
  if (stored === "float32") return new Float32Array(copy);
  if (stored === "float16") return Float32Array.from(new Uint16Array(copy), fromFloat16);
  if (stored !== "uint8" && stored !== "uint16") throw refusal(`weight ${quoted(name)} is ${stored}, expected floats`);
  if (typeof scale !== "number" || typeof min !== "number") {
    throw refusal(`weight ${quoted(name)} is quantized without scale and min`);
  }
  return Float32Array.from(stored === "uint8" ? new Uint8Array(copy) : new Uint16Array(copy), (q) => q * scale + min);
}

/** Buffers of a caller, each as bytes. */
export function readBuffers(buffers: unknown): Uint8Array[] {
  if (!Array.isArray(buffers)) {
    throw new TypeError(`${CALLER}: buffers must be an array of ArrayBuffers or Uint8Arrays, got ${kindOf(buffers)}`);
  }
  return Array.from(buffers, (buffer: unknown, i) => {
    const isBuffer = Object.prototype.toString.call(buffer) === "[object ArrayBuffer]";
    const bytes = isBuffer ? new Uint8Array(buffer as ArrayBuffer) : bytesOf(buffer);
    if (!bytes) {
      throw new TypeError(`${CALLER}: buffers[${i}] must be an ArrayBuffer or a Uint8Array, got ${kindOf(buffer)}`);
    }
    return bytes;
  });
}
