/** The same bits whatever the number of workers, in both modes, with and without dropout. */
import { initSync } from "affine-wasm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitOnQueue } from "../../src/cluster/coordinator.js";
import { bitsOf, examplesOf, inOneProcess, MODES, network, SEED, SHARDS } from "./problem.js";
import { hasRedis, RedisServer } from "./redis.js";
import { killAll, type Program, startWorkers } from "./workers.js";

const ROUNDS = 6;

describe.skipIf(!hasRedis)("a run on a queue", () => {
  let redis: RedisServer;
  let workers: Program[] = [];

  beforeAll(async () => {
    initSync(undefined, { variant: "simd" });
    redis = await RedisServer.start();
  });
  afterAll(async () => {
    killAll(workers);
    await redis.stop();
  });

  describe.each(Object.keys(MODES))("%s", (name) => {
    it.each([
      [1, false],
      [2, false],
      [3, false],
      [3, true],
    ])("with %i workers (dropout: %j) ends with the bits of the run in one process", async (count, drops) => {
      const queue = `${name}-${count}-${drops}`;
      workers = await startWorkers(count, redis.port, queue);
      using net = network(drops);
      const history = await fitOnQueue(net, {
        connection: redis.connection,
        queue,
        shards: SHARDS,
        rounds: ROUNDS,
        seed: SEED,
        mode: (MODES[name] as (typeof MODES)[string])(),
      });
      killAll(workers);
      expect(history.map(({ round }) => round)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(history.at(-1)?.loss).toBeLessThan(history[0]?.loss as number);
      expect(bitsOf(net)).toEqual(await inOneProcess(name, drops, ROUNDS));
      expect(net.evaluate(examplesOf({ shard: 9 })).accuracy).toBeGreaterThan(0.5);
    });
  });
});
