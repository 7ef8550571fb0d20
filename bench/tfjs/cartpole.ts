/**
 * `npx tsx bench/tfjs/cartpole.ts`: the policy gradient of `examples/cartpole.ts` here and in TensorFlow.js on its `wasm` and
 * `cpu` backends, in alternating turns of one process; steps of a cart a second, medians. After `npm run install:dev` and a build.
 */
import { cpus } from "node:os";
import { backend } from "affine-wasm";
import { uniform } from "../../src/common/random.js";
import { CartPole } from "../../tools/cartpole.js";
import { judge, play } from "../../tools/rollout.js";
import { type Agent, ours, theirs } from "./agents.js";

const tf = await import("@tensorflow/tfjs-core");
await Promise.all([import("@tensorflow/tfjs-backend-wasm"), import("@tensorflow/tfjs-backend-cpu")]);

const [CARTS, HORIZON] = [16, 64];
const ROWS = CARTS * HORIZON;
/** Updates of a turn, each of `ROWS` steps; turns that warm up, turns that count. */
const [UPDATES, WARM, TURNS] = [4, 3, 31];
const BACKENDS = ["wasm", "cpu"];

/** Sixteen carts and the agent that pushes them; `train` returns steps a second. */
function contender(name: string, agent: Agent) {
  const random = uniform(1);
  const carts = Array.from({ length: CARTS }, () => new CartPole(random));
  const finished: number[] = [];
  const train = (updates: number) => {
    const start = performance.now();
    for (let update = 0; update < updates; update++) {
      const { states, actions, rewards, ended, last, lengths } = play(carts, HORIZON, random, agent.probabilities);
      finished.push(...lengths);
      const { advantages, returns } = judge(agent.values(states), agent.values(last), rewards, ended);
      agent.update(states, actions, advantages, returns);
    }
    return (updates * ROWS * 1000) / (performance.now() - start);
  };
  return {
    name,
    agent,
    train,
    speeds: [] as number[],
    mean: () => finished.slice(-100).reduce((sum, n) => sum + n, 0) / 100,
  };
}

const contenders = [contender(`affine-wasm, ${backend()}`, ours())];
for (const name of BACKENDS) {
  await tf.setBackend(name);
  contenders.push(contender(`tfjs, ${name}`, theirs()));
}
const looks: number[][] = [];
for (let turn = 0; turn <= WARM + TURNS; turn++) {
  for (const [i, { agent, train, speeds }] of contenders.entries()) {
    if (i > 0) await tf.setBackend(BACKENDS[i - 1] as string);
    const speed = train(turn === 0 ? 1 : UPDATES);
    if (turn > WARM) speeds.push(speed);
    const probe = Float32Array.of(0.1, -0.2, 0.03, 0.4);
    if (turn === 0) looks.push([...agent.probabilities(probe), ...agent.values(probe)]);
  }
}
// One update from the same weights and random numbers must have led to the same networks.
if (looks.some((look) => look.some((value, i) => !(Math.abs(value - (looks[0]?.[i] as number)) < 1e-4)))) {
  throw new Error(`the networks differ after the first update: ${JSON.stringify(looks)}`);
}
console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model}, tfjs ${tf.version_core}, median (least to most) of ${TURNS} turns of ${UPDATES * ROWS} steps`,
);
for (const { name, speeds, mean } of contenders) {
  const [least, middle, most] = [0, TURNS >> 1, TURNS - 1].map((i) =>
    Math.round(speeds.toSorted((a, b) => a - b)[i] as number),
  );
  console.log(
    `${name.padEnd(22)} ${middle} steps/s (${least} to ${most}), episodes of ${mean().toFixed(0)} steps at the end`,
  );
}
