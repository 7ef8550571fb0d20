/** What a policy does with the carts, and how good that was: the parts of a policy gradient without a network. */
import type { CartPole } from "./cartpole.js";

const STATES = 4;
const ACTIONS = 2;
const DISCOUNT = 0.99;
/** How much of the estimate of the next state is believed: generalized advantage estimation, Schulman et al., ICLR 2016. */
const LAMBDA = 0.95;

/**
 * So many steps of every cart, by the policy's probabilities of left and right. Rows are steps of all carts, one step after
 * the other; `last` are the states after the last one, `lengths` those of the episodes that ended.
 */
export function play(
  carts: readonly CartPole[],
  horizon: number,
  random: () => number,
  policy: (states: Float32Array) => Float32Array,
) {
  const rows = carts.length * horizon;
  const states = new Float32Array(rows * STATES);
  const actions = new Uint8Array(rows);
  const rewards = new Float32Array(rows).fill(1);
  const ended = new Uint8Array(rows);
  const last = new Float32Array(carts.length * STATES);
  const lengths: number[] = [];
  const look = () => {
    for (const [i, cart] of carts.entries()) last.set(cart.state, i * STATES);
  };
  look();
  for (let t = 0; t < horizon; t++) {
    states.set(last, t * last.length);
    const probabilities = policy(last);
    for (const [i, cart] of carts.entries()) {
      const row = t * carts.length + i;
      const action = random() < (probabilities[ACTIONS * i] as number) ? 0 : 1;
      actions[row] = action;
      const length = cart.step(action);
      ended[row] = length > 0 ? 1 : 0;
      if (length > 0) lengths.push(length);
    }
    look();
  }
  return { states, actions, rewards, ended, last, lengths };
}

/**
 * How much better each action was than expected, to a mean of 0 and a deviation of 1, and what the states were
 * worth, from what the critic makes of them and of the last ones.
 */
export function judge(values: Float32Array, last: Float32Array, rewards: Float32Array, ended: Uint8Array) {
  const advantages = new Float32Array(rewards.length);
  const returns = new Float32Array(rewards.length);
  const carts = last.length;
  for (let i = 0; i < carts; i++) {
    let next = last[i] as number;
    let advantage = 0;
    for (let row = rewards.length - carts + i; row >= 0; row -= carts) {
      const goesOn = 1 - (ended[row] as number);
      const value = values[row] as number;
      const surprise = (rewards[row] as number) + DISCOUNT * goesOn * next - value;
      advantage = surprise + DISCOUNT * LAMBDA * goesOn * advantage;
      advantages[row] = advantage;
      returns[row] = advantage + value;
      next = value;
    }
  }
  const mean = advantages.reduce((sum, a) => sum + a, 0) / advantages.length;
  const deviation = Math.sqrt(advantages.reduce((sum, a) => sum + (a - mean) ** 2, 0) / advantages.length);
  return { advantages: advantages.map((a) => (a - mean) / (deviation + 1e-8)), returns };
}
