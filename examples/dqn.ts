/**
 * A pole on a cart, balanced by deep Q-learning: Mnih et al., Nature 518, 2015, with the targets of van Hasselt et al., "Deep
 * reinforcement learning with double Q-learning", AAAI 2016.
 * The network estimates what each action will bring, and learns from steps that it remembers; what comes after a step is
 * judged by a copy of the network that follows now and then.
 */
import { initSync } from "affine-wasm";
import { adam, argmax, dense, huber, Sequential } from "affine-wasm/nn";
import { CartPole } from "../tools/cartpole.js";
import { uniform } from "./common/random.js";

const [STATES, ACTIONS] = [4, 2];
const [MEMORY, BATCH, DISCOUNT] = [10_000, 64, 0.99];
/** Steps in which the part of random actions falls from 1, that part in the end, steps after which the copy follows. */
const [EXPLORES, RANDOM, FOLLOWS] = [4000, 0.05, 100];
const [MOST_STEPS, TESTED, EPISODES, GOAL, FULL] = [40_000, 1000, 10, 475, 500];

initSync(undefined, { variant: "simd" }); // the same bits on every machine
const random = uniform(1);
const layers = [dense(64, { activation: "relu" }), dense(64, { activation: "relu" }), dense(ACTIONS)] as const;
using net = new Sequential(STATES, layers, { seed: 1 });
using target = new Sequential(STATES, layers, { seed: 1 });
const optimizer = adam({ learningRate: 1e-3 });

/** A ring of steps: state, action, the state after it, and whether the pole fell: the reward is -1 then, 0 before. */
const memory = {
  states: new Float32Array(MEMORY * STATES),
  actions: new Uint8Array(MEMORY),
  next: new Float32Array(MEMORY * STATES),
  fell: new Uint8Array(MEMORY),
  count: 0,
};
function remember(state: Float32Array, action: number, next: Float32Array, fell: boolean): void {
  const at = memory.count++ % MEMORY;
  memory.states.set(state, at * STATES);
  memory.actions[at] = action;
  memory.next.set(next, at * STATES);
  memory.fell[at] = fell ? 1 : 0;
}

function learn(): void {
  const [states, next] = [new Float32Array(BATCH * STATES), new Float32Array(BATCH * STATES)];
  const rows = Array.from({ length: BATCH }, () => Math.floor(random() * Math.min(MEMORY, memory.count)));
  for (const [i, row] of rows.entries()) {
    states.set(memory.states.subarray(row * STATES, (row + 1) * STATES), i * STATES);
    next.set(memory.next.subarray(row * STATES, (row + 1) * STATES), i * STATES);
  }
  const best = argmax(net.predict(next), ACTIONS);
  const worth = target.predict(next);
  const y = net.forward(states);
  const targets = y.slice(); // no error, and so no gradient, for the action that was not taken
  for (const [i, row] of rows.entries()) {
    const later = DISCOUNT * (worth[i * ACTIONS + (best[i] as number)] as number);
    targets[i * ACTIONS + (memory.actions[row] as number)] = memory.fell[row] ? -1 : later;
  }
  net.backward(huber().of(y, { targets }).dy, { inputGradient: false });
  optimizer.step(net);
}

const choice = ({ state }: CartPole) => argmax(net.predict(state), ACTIONS)[0] as number;

/** The mean length of episodes without random actions. */
function test(): number {
  const cart = new CartPole(uniform(2));
  const lengths: number[] = [];
  while (lengths.length < EPISODES) {
    const length = cart.step(choice(cart));
    if (length > 0) lengths.push(length);
  }
  return lengths.reduce((sum, length) => sum + length, 0) / EPISODES;
}

const cart = new CartPole(random);
let mean = 0;
for (let step = 1; step <= MOST_STEPS && mean < GOAL; step++) {
  const state = cart.state.slice();
  const action = random() < Math.max(RANDOM, 1 - step / EXPLORES) ? Math.floor(random() * ACTIONS) : choice(cart);
  const length = cart.step(action);
  if (length < FULL) remember(state, action, cart.state, length > 0); // the end of a full episode is no fall
  if (memory.count >= BATCH) learn();
  if (step % FOLLOWS === 0) target.copyFrom(net);
  if (step % TESTED > 0) continue;
  mean = test();
  console.log(`${step} steps: the pole stands for ${mean.toFixed(1)} of ${FULL}`);
}
if (mean < GOAL) {
  console.error(`the pole did not stand for ${GOAL} within ${MOST_STEPS} steps`);
  process.exitCode = 1;
}
