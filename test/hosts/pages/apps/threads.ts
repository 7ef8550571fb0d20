/** The app with threads: `?worker=` is the URL of their script; with `?fails=` it goes on until one of them has failed. Products of integers, whose right results are known. */
import { Affine, tensor } from "affine-wasm";
import { enableThreads, threads } from "affine-wasm/threads";
import { outcomeOf } from "./outcome.ts";

const [BATCH, IN, OUT] = [128, 300, 200];
const ROUNDS = 40;
/** Milliseconds for a worker to get to where it fails: on a busy machine workers are asked now and then. */
const PATIENCE = 12_000;

/** Whether all of Y is right: every row of X is 0, 1, 2, … by turns, W likewise. */
function multiplies(layer: Affine): boolean {
  const y = layer.forward(Float32Array.from({ length: BATCH * IN }, (_, i) => i % 7));
  return y.every((value, at) => {
    let sum = 0;
    for (let p = 0; p < IN; p++) sum += ((Math.floor(at / OUT) * IN + p) % 7) * ((p * OUT + (at % OUT)) % 5);
    return value === sum;
  });
}

const warnings: string[] = [];
console.warn = (line: string) => warnings.push(line);

window.outcome = await outcomeOf(async () => {
  const search = new URLSearchParams(location.search);
  const workerUrl = search.get("worker") ?? undefined;
  const before = await enableThreads({ threads: 3, workerUrl });
  const shared = !(tensor(1).data.buffer instanceof ArrayBuffer);
  const layer = new Affine(IN, OUT);
  layer.weight.set(Float32Array.from({ length: IN * OUT }, (_, i) => i % 5));
  let right = true;
  const until = performance.now() + (search.has("fails") ? PATIENCE : 0);
  const waits = () => threads().online === before.online && performance.now() < until;
  for (let round = 0; round < ROUNDS || waits(); round++) {
    right = right && multiplies(layer);
    // Workers start, and are missed, between two products only.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { before, after: threads(), shared, right, warnings };
});
