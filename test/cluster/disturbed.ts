/** What tests of a run that is disturbed share: a Redis for each, options, and the bits of a run that nothing disturbs. */
import { initSync } from "affine-wasm";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { roundsOnQueue } from "../../src/cluster/coordinator.js";
import { bitsOf, inOneProcess, MODES, network, SEED, SHARDS } from "./problem.js";
import { RedisServer } from "./redis.js";
import { killAll, type Program } from "./workers.js";

const ROUNDS = 5;
let count = 0;

/** Those of the test that runs. */
export let redis: RedisServer;
export let queue: string;
/** Processes that end with the test. */
export const workers: Program[] = [];
/** The bits of the weights in the end. */
export let expected: number[];

/** To be called once in a file of tests. */
export function freshRedisForEach(): void {
  beforeAll(async () => {
    initSync(undefined, { variant: "simd" });
    expected = await inOneProcess("synchronous", false, ROUNDS);
  });
  beforeEach(async () => {
    queue = `disturbed-${process.pid}-${count++}`;
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    killAll(workers.splice(0));
    await redis.stop();
  });
  afterAll(() => killAll(workers));
}

/** In place of the test's Redis: one that writes everything to the disk, or nothing. */
export async function restartRedis(aof: boolean): Promise<void> {
  await redis.stop();
  redis = await RedisServer.start(aof);
}

export const options = (more = {}) => ({
  connection: redis.connection,
  queue,
  shards: SHARDS,
  rounds: ROUNDS,
  seed: SEED,
  shardTimeout: 700,
  mode: (MODES.synchronous as (typeof MODES)[string])(),
  ...more,
});

/** Runs, and does something after the first round. */
export async function disturbed(disturb: () => unknown, more = {}): Promise<{ bits: number[]; again: number }> {
  using net = network(false);
  let again = 0;
  for await (const metrics of roundsOnQueue(net, options(more))) {
    again += metrics.again;
    if (metrics.round === 1) await disturb();
  }
  return { bits: bitsOf(net), again };
}
