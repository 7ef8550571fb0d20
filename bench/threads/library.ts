/** Copies of the built library, each with threads and a memory of its own, and what is timed of them. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Shape } from "../common/layers.js";

export type Library = typeof import("../../dist/index.js");

export const PASSES = ["forward", "dW", "backward", "step"] as const;
export type Pass = (typeof PASSES)[number];

/** One measured point: how many times as fast as one thread. */
export interface Point {
  readonly shape: string;
  readonly pass: Pass;
  readonly threads: number;
  readonly gain: number;
  /** That of as many processes. */
  readonly processes: number | undefined;
}

/** Copies `dist` to a folder and loads it, with so many threads; how many came. */
export async function copyOf(folder: string, threads: number): Promise<{ library: Library; online: number }> {
  const name = `threads-${threads}`;
  cpSync(fileURLToPath(new URL("../../dist", import.meta.url)), join(folder, name), { recursive: true });
  const load = (entry: string) => import(pathToFileURL(join(folder, name, `${entry}.js`)).href);
  const library = (await load("index")) as Library;
  if (threads === 1) return { library, online: 1 };
  const { enableThreads } = (await load("threads")) as typeof import("../../dist/threads.js");
  return { library, online: (await enableThreads({ threads })).online };
}

/** The passes of a layer over tensors of the library's own. */
export function passesOf(
  { Affine, tensor }: Library,
  { batch, inFeatures, outFeatures }: Shape,
): Record<Pass, () => void> {
  const layer = new Affine(inFeatures, outFeatures, { seed: 1 });
  const filled = (length: number) => {
    const held = tensor(length);
    for (let i = 0; i < length; i++) held.data[i] = ((i * 7) % 17) / 9 - 0.9;
    return held;
  };
  const [x, dx] = [filled(batch * inFeatures), filled(batch * inFeatures)];
  const [y, dy] = [filled(batch * outFeatures), filled(batch * outFeatures)];
  // So that there is a pass to go back through, whichever is timed first.
  layer.forward(x.data, y.data);
  return {
    forward: () => void layer.forward(x.data, y.data),
    dW: () => void layer.backward(dy.data, { inputGradient: false }),
    backward: () => void layer.backward(dy.data, { out: dx.data }),
    step: () => {
      layer.forward(x.data, y.data);
      layer.backward(dy.data, { out: dx.data });
    },
  };
}
