/**
 * A game: 1,000 agents fly to their targets, 60 times a second. One network, 16-32-4, steers them all in one batch; it
 * has learned from a rule of thumb just before the game starts.
 */
import { tensor, warmup } from "affine-wasm";
import { adam, cosine, dense, meanSquaredError, Sequential } from "affine-wasm/nn";

const [AGENTS, SENSORS, ACTIONS] = [1000, 16, 4];
const FRAMES = Number(process.argv[2] ?? 180);
const FRAME = 1000 / 60;
const STEP = 1 / 60;

/** Position, velocity and target of each agent, in a square from -1 to 1. */
const agents = Array.from({ length: AGENTS }, () => ({ x: 0, y: 0, vx: 0, vy: 0, tx: 0, ty: 0 }));
type Agent = (typeof agents)[number];
let seed = 1;
/** Numbers in [-1, 1), the same on every run: Park and Miller's generator. */
const random = () => {
  seed = (seed * 48271) % 2147483647;
  return (2 * seed) / 2147483647 - 1;
};
const place = (agent: Agent) =>
  Object.assign(agent, { x: random(), y: random(), vx: random(), vy: random(), tx: random(), ty: random() });

/** What an agent knows: the way to its target, its velocity, and where the walls are, twelve more in coarse steps. */
function sense(agent: Agent, into: Float32Array, at: number): void {
  const { x, y, vx, vy, tx, ty } = agent;
  const [dx, dy] = [tx - x, ty - y];
  const far = Math.hypot(dx, dy);
  into.set([dx, dy, vx, vy, far, dx / (far + 0.01), dy / (far + 0.01), Math.hypot(vx, vy)], at);
  into.set([1 - x, 1 + x, 1 - y, 1 + y, dx * vx + dy * vy, dx * vy - dy * vx, Math.sign(dx), Math.sign(dy)], at + 8);
}

/** The rule that the network learns: thrust right, left, up, down towards the target, less what would overshoot. */
function rule({ x, y, vx, vy, tx, ty }: Agent): number[] {
  const [ax, ay] = [4 * (tx - x) - 3 * vx, 4 * (ty - y) - 3 * vy];
  return [Math.max(ax, 0), Math.max(-ax, 0), Math.max(ay, 0), Math.max(-ay, 0)];
}

using network = new Sequential(SENSORS, [dense(32, { activation: "relu" }), dense(ACTIONS)], { seed: 1 });
const lessons = 5000;
const x = new Float32Array(lessons * SENSORS);
const targets = new Float32Array(lessons * ACTIONS);
for (let i = 0; i < lessons; i++) {
  const agent = place(agents[i % AGENTS] as Agent);
  sense(agent, x, i * SENSORS);
  targets.set(rule(agent), i * ACTIONS);
}
const optimizer = adam({ learningRate: cosine({ from: 0.01 }) });
const history = await network.fit({ x, targets }, { loss: meanSquaredError(), optimizer, epochs: 30, batchSize: 50 });
console.log(`learned to steer: mean squared error ${history.at(-1)?.loss.toFixed(3)}`);

// The game: what is sensed is written where the kernels read it, and no frame allocates in them.
using sensors = tensor(AGENTS * SENSORS);
using thrust = tensor(AGENTS * ACTIONS);
for (const agent of agents) place(agent);
warmup();
const times: number[] = [];
let reached = 0;
const start = performance.now();
for (let frame = 0; frame < FRAMES; frame++) {
  const begin = performance.now();
  const seen = sensors.data;
  for (const [i, agent] of agents.entries()) sense(agent, seen, i * SENSORS);
  const before = performance.now();
  const actions = network.predict(seen, thrust.data);
  const thinking = performance.now() - before;
  for (const [i, agent] of agents.entries()) {
    const [right = 0, left = 0, up = 0, down = 0] = actions.subarray(i * ACTIONS, (i + 1) * ACTIONS);
    agent.vx += STEP * (right - left);
    agent.vy += STEP * (up - down);
    agent.x += STEP * agent.vx;
    agent.y += STEP * agent.vy;
    if (Math.hypot(agent.tx - agent.x, agent.ty - agent.y) < 0.05) {
      reached++;
      Object.assign(agent, { tx: random(), ty: random() });
    }
  }
  times.push(thinking);
  if (frame % 60 === 59) {
    console.log(
      `frame ${frame + 1}: ${(performance.now() - begin).toFixed(2)} ms, the network ${thinking.toFixed(3)} ms; ` +
        `${reached} targets reached`,
    );
  }
  await new Promise((next) => setTimeout(next, start + (frame + 1) * FRAME - performance.now()));
}
times.sort((a, b) => a - b);
const seconds = (performance.now() - start) / 1000;
console.log(
  `${AGENTS} agents, ${FRAMES} frames in ${seconds.toFixed(1)} s: the network took ` +
    `${times[FRAMES >> 1]?.toFixed(3)} ms a frame (median), ${times.at(-1)?.toFixed(3)} at most, of ${FRAME.toFixed(1)}`,
);
