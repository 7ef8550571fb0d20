/** jax-js on its WebAssembly backend: each pass compiled to one program by `jit`. */
import type { Array as JaxArray } from "@jax-js/jax";
import { local, type Peer } from "../peer.ts";
import { versionOf } from "../version.ts";
import { WebWorker } from "../webWorker.ts";

export async function jax(threads: number): Promise<Peer> {
  offer(threads);
  // It makes its memory, for one thread or for several, while it is imported.
  const { blockUntilReady, defaultDevice, init, jit, numpy } = await import("@jax-js/jax");
  await init("wasm");
  defaultDevice("wasm");
  return {
    name: "jax-js wasm",
    version: versionOf("@jax-js/jax"),
    kind: "wasm",
    note: "each pass under `jit`",
    async open({ batch, inFeatures, outFeatures, ...operands }) {
      const array = (values: Float32Array, shape: number[]) => numpy.array(values.slice()).reshape(shape);
      const x = array(operands.x, [batch, inFeatures]);
      const weight = array(operands.weight, [inFeatures, outFeatures]);
      const bias = array(operands.bias, [outFeatures]);
      const dy = array(operands.dy, [batch, outFeatures]);
      await blockUntilReady([x, weight, bias, dy]);
      // Every use but the last one of an array takes a reference: the functions own their arguments.
      const forward = jit((a: JaxArray, w: JaxArray, b: JaxArray) => numpy.matmul(a, w).add(b));
      const backward = jit((a: JaxArray, w: JaxArray, g: JaxArray) => [
        numpy.matmul(g.ref, w.transpose()),
        numpy.matmul(a.transpose(), g.ref),
        g.sum(0),
      ]);
      const runForward = () => [forward(x.ref, weight.ref, bias.ref)];
      const runBackward = () => backward(x.ref, weight.ref, dy.ref);
      const finish = async (arrays: JaxArray[]) => {
        await blockUntilReady(arrays);
        for (const each of arrays) each.dispose();
      };
      const read = (each: JaxArray | undefined) => each?.data() as Promise<Float32Array>;
      return local({
        prepare: async () => offer(threads),
        forward: () => finish(runForward()),
        backward: () => finish(runBackward()),
        results: async (pass) => {
          if (pass === "forward") return { y: await read(runForward()[0]) };
          const [dx, dWeight, dBias] = runBackward();
          return { dx: await read(dx), dWeight: await read(dWeight), dBias: await read(dBias) };
        },
        dispose: () => {
          for (const each of [x, weight, bias, dy, forward, backward]) each.dispose();
        },
      });
    },
  };
}

/**
 * jax-js uses as many threads as there are cores if it finds a global `Worker`. Node has none, but other contenders
 * define one while they start.
 */
function offer(threads: number): void {
  if (threads === 1) Reflect.deleteProperty(globalThis, "Worker");
  else {
    Object.defineProperty(globalThis, "Worker", { value: WebWorker, configurable: true, writable: true });
    Object.defineProperty(navigator, "hardwareConcurrency", { value: threads, configurable: true });
  }
}
