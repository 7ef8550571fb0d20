/**
 * The app that trains with threads: `?threads=` is their number, `?worker=` the URL of their script. Its activations and steps of
 * Adam are long enough to be shared. It trains the same network anew and anew, until a worker has failed, but at least twice, and
 * each time all weights are to be the same.
 */
import { adam, dense, meanSquaredError, Sequential } from "affine-wasm/nn";
import { enableThreads, threads } from "affine-wasm/threads";
import { outcomeOf } from "./outcome.ts";

const [ROWS, IN, HIDDEN, OUT] = [128, 64, 512, 64];
const STEPS = 5;
/** Milliseconds for a worker to get to where it fails: on a busy machine workers are asked now and then. */
const PATIENCE = 12_000;

const warnings: string[] = [];
console.warn = (line: string) => warnings.push(line);

window.outcome = await outcomeOf(async () => {
  const search = new URLSearchParams(location.search);
  const before = await enableThreads({
    threads: Number(search.get("threads")),
    workerUrl: search.get("worker") ?? undefined,
  });
  const numbers = (length: number, by: number) => Float32Array.from({ length }, (_, i) => ((i * by) % 17) / 8 - 1);
  const [x, targets] = [numbers(ROWS * IN, 7), numbers(ROWS * OUT, 5)];
  const train = async () => {
    const net = new Sequential(IN, [dense(HIDDEN, { activation: "tanh" }), dense(OUT)], { seed: 1 });
    const optimizer = adam({ learningRate: 0.01 });
    await net.fit(
      { x, targets },
      { loss: meanSquaredError(), optimizer, epochs: STEPS, batchSize: ROWS, shuffle: false },
    );
    const weights = net.layers.flatMap((layer) => ("weight" in layer ? [...(layer.weight as Float32Array)] : []));
    net.dispose();
    optimizer.dispose();
    return weights;
  };
  const weights = await train();
  let same = true;
  const again = async () => {
    // Workers start, and are missed, between two calls only.
    await new Promise((resolve) => setTimeout(resolve, 5));
    same = (await train()).every((value, i) => Object.is(value, weights[i])) && same;
  };
  const until = performance.now() + PATIENCE;
  while (before.online > 1 && threads().online === before.online && performance.now() < until) await again();
  await again();
  return { before, after: threads(), weights, same, warnings };
});
