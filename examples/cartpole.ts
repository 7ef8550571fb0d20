/**
 * A pole on a cart, balanced by policy gradients: REINFORCE (Williams, Machine Learning 8, 1992) with a learned baseline.
 *
 * The network has the logits of the two actions as outputs. With the advantages of the actions taken as the weights of the
 * examples, of either sign, cross-entropy is the loss of REINFORCE.
 */
import { adam, dense, huber, Sequential, softmax, softmaxCrossEntropy } from "affine-wasm/nn";
import { CartPole } from "../tools/cartpole.js";
import { judge, play } from "../tools/rollout.js";
import { uniform } from "./common/random.js";

const STATES = 4;
const ACTIONS = 2;
const CARTS = 16;
/** Steps of every cart between two updates. */
const HORIZON = 64;
const SOLVED = 475;
const LONGEST = 60_000;
/** Of a short run, which ends after a number of steps however long they take; a pole that nobody balances stands for 22. */
const BEGUN = 100;

/** Trains until the mean of 100 episodes is `SOLVED`, or after so many steps, or after `LONGEST`. */
export function train(seed: number, most?: number): { seconds: number; steps: number; mean: number } {
  const random = uniform(seed);
  using policy = new Sequential(STATES, [dense(64, { activation: "tanh" }), dense(ACTIONS)], { seed });
  using critic = new Sequential(STATES, [dense(64, { activation: "tanh" }), dense(1)], { seed: seed + 1 });
  const policyOptimizer = adam({ learningRate: 3e-3, clipNorm: 0.5 });
  const criticOptimizer = adam({ learningRate: 3e-3 });
  const carts = Array.from({ length: CARTS }, () => new CartPole(random));
  const finished: number[] = [];
  let steps = 0;
  const start = performance.now();
  for (;;) {
    const act = (now: Float32Array) => softmax(policy.predict(now), ACTIONS);
    const { states, actions, rewards, ended, last, lengths } = play(carts, HORIZON, random, act);
    finished.push(...lengths);
    steps += actions.length;
    const { advantages, returns } = judge(critic.predict(states), critic.predict(last), rewards, ended);
    const { dy } = softmaxCrossEntropy().of(policy.forward(states), { labels: actions, weights: advantages });
    policy.backward(dy, { inputGradient: false });
    policyOptimizer.step(policy);
    const error = huber().of(critic.forward(states), { targets: returns });
    critic.backward(error.dy, { inputGradient: false });
    criticOptimizer.step(critic);

    const mean = finished.slice(-100).reduce((sum, length) => sum + length, 0) / Math.min(100, finished.length);
    const passed = performance.now() - start;
    const over = most === undefined ? passed > LONGEST : steps >= most;
    if ((finished.length >= 100 && mean >= SOLVED) || over) return { seconds: passed / 1000, steps, mean };
  }
}

/**
 * `npm run example examples/cartpole.ts`: three seeds, of which the one in the middle must be fast enough. With a number of
 * steps behind it, a short run of each, which must have begun to learn.
 */
const most = process.argv[2] === undefined ? undefined : Number(process.argv[2]);
const runs = [1, 2, 3].map((seed) => {
  const run = train(seed, most);
  const speed = Math.round(run.steps / run.seconds);
  console.log(
    `seed ${seed}: a mean of ${run.mean.toFixed(1)} over 100 episodes after ${run.steps} steps, ` +
      `${run.seconds.toFixed(1)} s, ${speed} steps/s`,
  );
  return run;
});
const goal = most === undefined ? SOLVED : BEGUN;
const middle = runs.toSorted((a, b) => (most === undefined ? a.seconds - b.seconds : a.mean - b.mean))[1];
if (!middle || middle.mean < goal) {
  console.error(`the run in the middle did not reach ${goal} within ${most ? `${most} steps` : `${LONGEST / 1000} s`}`);
  process.exitCode = 1;
}
