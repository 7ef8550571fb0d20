/**
 * A game whose agents are steered by a policy that a game engine's training has written: 60 agents, 60 frames, one batch a
 * frame. `npm run example examples/policy.ts policy.onnx` plays a file of one's own, such as Godot RL Agents or Stable
 * Baselines export; without a file, the game makes one.
 */
import { readFile } from "node:fs/promises";
import { tensor, warmup } from "affine-wasm";
import { dense, Sequential } from "affine-wasm/nn";
import { exportOnnx, importOnnx } from "affine-wasm/onnx";

const [AGENTS, FRAMES, FRAME] = [60, 60, 1000 / 60];

/** A policy with normally distributed weights, for want of a trained one. */
function madeUp(): Uint8Array {
  using net = new Sequential(24, [dense(64, { activation: "tanh" }), dense(64, { activation: "tanh" }), dense(2)], {
    seed: 1,
  });
  return exportOnnx(net);
}

const file = process.argv[2];
const { net, head } = importOnnx(file ? new Uint8Array(await readFile(file)) : madeUp());
using policy = net;
console.log(
  `${file ?? "a policy made up"}: ${policy.inFeatures} observations, ${policy.outFeatures} actions, head ${head}`,
);
console.log(policy.summary());

// What the agents see and do lies where the kernels read and write it.
using observations = tensor(AGENTS * policy.inFeatures);
using actions = tensor(AGENTS * policy.outFeatures);
warmup();
const seen = observations.data;
for (let i = 0; i < seen.length; i++) seen[i] = Math.sin(0.37 * i + 0.5);
const times: number[] = [];
for (let frame = 0; frame < FRAMES; frame++) {
  const start = performance.now();
  policy.predict(observations.data, actions.data);
  times.push(performance.now() - start);
  // The world: what is done changes what is seen.
  const [see, act] = [observations.data, actions.data];
  for (let i = 0; i < see.length; i++) {
    const agent = Math.floor(i / policy.inFeatures);
    const action = act[agent * policy.outFeatures + (i % policy.outFeatures)] as number;
    see[i] = 0.95 * (see[i] as number) + 0.05 * Math.tanh(action);
  }
}
times.sort((a, b) => a - b);
const at = (part: number) => (times[Math.floor(part * (times.length - 1))] as number).toFixed(3);
console.log(
  `${AGENTS} agents for ${FRAMES} frames of ${FRAME.toFixed(1)} ms: a frame's policy took ${at(0.5)} ms, at most ${at(1)} ms`,
);
if (!actions.data.every(Number.isFinite)) throw new Error("the policy gave actions that are no numbers");
