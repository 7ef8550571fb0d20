/** Jobs and results of somebody else: refused before anything is read, deleted or computed. */
import { initSync } from "affine-wasm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitOnQueue } from "../../src/cluster/coordinator.js";
import { PROTOCOL, ProtocolError, readJob } from "../../src/cluster/protocol.js";
import { Results } from "../../src/cluster/results.js";
import { serveTraining } from "../../src/cluster/worker.js";
import { examplesOf, MODES, network } from "./problem.js";
import { hasRedis, RedisServer } from "./redis.js";

const JOB = {
  protocol: PROTOCOL,
  prefix: "affine-wasm:digits:1",
  round: 0,
  shard: 0,
  shards: 4,
  attempt: 0,
  seed: 1,
  maskSeed: 1,
  mode: { kind: "averaging", steps: 5, batchSize: 8, optimizer: { name: "sgd", learningRate: 0.1 } },
  loss: null,
  classWeights: null,
  weights: { key: "affine-wasm:digits:1:weights:0", bytes: 8, sha256: "0".repeat(64) },
  arithmetic: null,
  ttl: 60_000,
};

it.each([
  [{ prefix: "sessions" }, /prefix "sessions", expected one that begins with affine-wasm:/],
  [{ ttl: 1e12 }, /ttl 1000000000000, expected at most 86400000/],
  [{ shard: 4 }, /shard 4 of 4/],
  [{ weights: { ...JOB.weights, bytes: -1 } }, /job\.weights\.bytes must be a whole number/],
  [{ mode: { kind: "eval", batchSize: 8 } }, /mode\.kind is "eval"/],
])("a job with %j is refused by name", (wrong, message) => {
  expect(readJob(JOB)).toBe(JOB);
  expect(() => readJob({ ...JOB, ...wrong })).toThrow(ProtocolError);
  expect(() => readJob({ ...JOB, ...wrong })).toThrow(message);
});

describe.skipIf(!hasRedis)("a result", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    initSync(undefined, { variant: "simd" });
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  const about = { round: 0, shard: 0, attempt: 0, worker: "stranger:1", variant: "simd", arithmetic: "unfused" };
  const naming = (key: string, bytes: number) =>
    JSON.stringify({ ...about, tensors: { key, bytes, sha256: "0".repeat(64) }, loss: 1, weight: 1 });

  it("that names a key of others is refused, and the key stays", async () => {
    await redis.client.set("sessions:0", "theirs");
    using net = network(false);
    const results = new Results(redis.client, net, JOB.prefix, 1000);
    const taken = await results.take(naming("sessions", 6), 0, () => true);
    expect(taken).toMatchObject({ shard: 0, worker: "stranger:1", bad: expect.stringContaining("under sessions") });
    expect(await redis.client.get("sessions:0")).toBe("theirs");
  });

  it("that claims more than maxBytes is refused before a key is made of it", async () => {
    using net = network(false);
    const results = new Results(redis.client, net, JOB.prefix, 1000);
    const taken = await results.take(naming(`${JOB.prefix}:result:0:0:0`, Number.MAX_SAFE_INTEGER), 0, () => true);
    expect(taken).toMatchObject({ bad: expect.stringContaining("expected at most 1000") });
  });

  it.each([
    [{ maxSteps: 4 }, "a round of 5 steps is beyond maxSteps 4"],
    [{ maxRows: 7 }, "a pass of 8 rows is beyond maxRows 7"],
    [{ maxBytes: 100 }, /has \d+ bytes, more than maxBytes 100 allows/],
  ])("says which limit of its worker a job went beyond: %j", async (limit, message) => {
    const queue = `limits-${Object.keys(limit)}`;
    const worker = serveTraining({ connection: redis.connection, queue, examples: examplesOf, ...limit });
    using net = network(false);
    const mode = (MODES.averaging as (typeof MODES)[string])();
    try {
      const run = fitOnQueue(net, { connection: redis.connection, queue, shards: 2, rounds: 1, seed: 1, mode });
      await expect(run).rejects.toThrow(message);
    } finally {
      await worker.close();
    }
  });
});
