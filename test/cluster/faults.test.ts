/** Whatever happens to workers, to Redis or to the coordinator, the run ends with the bits of one that was not disturbed. */
import { createHash } from "node:crypto";
import { initSync } from "affine-wasm";
import { sgd } from "affine-wasm/nn";
import { type ConnectionOptions, Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { arithmeticInUse } from "../../src/cluster/arithmetic.js";
import { fitOnQueue, roundsOnQueue } from "../../src/cluster/coordinator.js";
import { synchronous } from "../../src/cluster/modes.js";
import { serveTraining } from "../../src/cluster/worker.js";
import { bitsOf, examplesOf, inOneProcess, MODES, network, SEED, SHARDS } from "./problem.js";
import { hasRedis, RedisServer } from "./redis.js";
import { killAll, startWorkers, type WorkerProcess } from "./workers.js";

/** The last element's lowest bit but two turned over; or NaN in its place. */
const flipped = (bytes: Buffer) => {
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
  return bytes;
};
const withNaN = (bytes: Buffer) => {
  bytes.writeFloatLE(Number.NaN, bytes.length - 4);
  return bytes;
};

const ROUNDS = 5;
let count = 0;

describe.skipIf(!hasRedis)("under faults", () => {
  let redis: RedisServer;
  let queue: string;
  let workers: WorkerProcess[] = [];
  let expected: number[];
  const options = (more = {}) => ({
    connection: redis.connection,
    queue,
    shards: SHARDS,
    rounds: ROUNDS,
    seed: SEED,
    shardTimeout: 700,
    mode: (MODES.synchronous as (typeof MODES)[string])(),
    ...more,
  });

  beforeAll(async () => {
    initSync(undefined, { variant: "simd" });
    expected = await inOneProcess("synchronous", false, ROUNDS);
  });
  beforeEach(async () => {
    queue = `faults-${count++}`;
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    killAll(workers);
    workers = [];
    await redis.stop();
  });
  afterAll(() => killAll(workers));

  /** Runs, and does something after the first round. */
  async function disturbed(disturb: () => unknown, more = {}): Promise<{ bits: number[]; again: number }> {
    using net = network(false);
    let again = 0;
    for await (const metrics of roundsOnQueue(net, options(more))) {
      again += metrics.again;
      if (metrics.round === 1) await disturb();
    }
    return { bits: bitsOf(net), again };
  }

  it("a worker killed in the middle of a job", async () => {
    workers = await startWorkers(1, redis.port, queue, { slow: 60_000, lock: 700 });
    const [slow] = workers;
    using net = network(false);
    const run = fitOnQueue(net, options());
    await slow?.says("shard");
    workers.push(...(await startWorkers(1, redis.port, queue, { lock: 700 })));
    slow?.signal("SIGKILL");
    const history = await run;
    expect(bitsOf(net)).toEqual(expected);
    expect(history.reduce((sum, { again }) => sum + again, 0)).toBeGreaterThan(0);
  });

  it("a worker stopped for longer than its lock, which goes on later", async () => {
    workers = await startWorkers(2, redis.port, queue, { lock: 500 });
    const [stopped] = workers;
    const { bits } = await disturbed(() => {
      stopped?.signal("SIGSTOP");
      setTimeout(() => stopped?.signal("SIGCONT"), 2500);
    });
    expect(bits).toEqual(expected);
    await new Promise((resolve) => setTimeout(resolve, 2600));
  });

  it.each([true, false])("Redis killed and started again (every write on the disk: %j)", async (aof) => {
    await redis.stop();
    redis = await RedisServer.start(aof);
    workers = await startWorkers(2, redis.port, queue);
    const { bits } = await disturbed(() => {
      setTimeout(() => void redis.kill().then(() => redis.run()), 5);
    });
    expect(bits).toEqual(expected);
  });

  it("Redis flushed", async () => {
    workers = await startWorkers(2, redis.port, queue);
    const { bits } = await disturbed(() => {
      setTimeout(() => void redis.client.flushall(), 3);
    });
    expect(bits).toEqual(expected);
  });

  it("a slow worker: its shards are asked for again, and its late answers agree", async () => {
    workers = await startWorkers(1, redis.port, queue, { slow: 1200 });
    using net = network(false);
    const run = fitOnQueue(net, options({ shardTimeout: 300 }));
    await workers[0]?.says("shard");
    workers.push(...(await startWorkers(1, redis.port, queue)));
    const history = await run;
    expect(bitsOf(net)).toEqual(expected);
    expect(history.reduce((sum, { again }) => sum + again, 0)).toBeGreaterThan(0);
  });

  it("the coordinator is gone in the middle and goes on from its checkpoint", async () => {
    workers = await startWorkers(2, redis.port, queue);
    let checkpoint: Uint8Array | undefined;
    {
      using net = network(false);
      for await (const { round } of roundsOnQueue(
        net,
        options({ onRound: (metrics: { checkpoint(): Uint8Array }) => (checkpoint = metrics.checkpoint()) }),
      )) {
        if (round === 2) break;
      }
    }
    using again = network(false);
    const history = await fitOnQueue(again, options({ resume: checkpoint }));
    expect(history.map(({ round }) => round)).toEqual([3, 4, 5]);
    expect(bitsOf(again)).toEqual(expected);
    await expect(fitOnQueue(again, options({ resume: checkpoint, shards: 8 }))).rejects.toThrow("resume is of a run");
  });

  /** Results of a worker whose bytes, or whose message, are changed on their way. */
  async function withBadWorker(
    badly: { bytes?: (bytes: Buffer) => Buffer; result?: (result: Record<string, unknown>, bytes: Buffer) => void },
    times: number,
    run: () => Promise<void>,
  ): Promise<void> {
    const { set } = Redis.prototype as unknown as { set: (...words: unknown[]) => unknown };
    let left = times;
    let bytes: Buffer = Buffer.alloc(0);
    let tampered = false;
    const patched = function (this: Redis, key: string, value: Buffer, ...rest: unknown[]) {
      if (String(key).includes(":result:")) {
        tampered = left > 0;
        bytes = tampered && badly.bytes ? badly.bytes(Buffer.from(value)) : value;
        return set.call(this, key, bytes, ...rest);
      }
      return set.call(this, key, value, ...rest);
    };
    const { multi } = Redis.prototype as unknown as {
      multi: (...words: unknown[]) => { rpush: (...words: string[]) => unknown };
    };
    (Redis.prototype as unknown as Record<string, unknown>).set = patched;
    (Redis.prototype as unknown as Record<string, unknown>).multi = function (this: Redis, ...words: unknown[]) {
      const pipeline = multi.apply(this, words);
      const rpush = pipeline.rpush.bind(pipeline);
      pipeline.rpush = (key: string, json: string) => {
        if (!key.includes(":results") || !tampered) return rpush(key, json);
        left--;
        const result = JSON.parse(json) as Record<string, unknown>;
        badly.result?.(result, bytes);
        return rpush(key, JSON.stringify(result));
      };
      return pipeline;
    };
    const worker = serveTraining({ connection: redis.connection, queue, examples: examplesOf });
    try {
      await run();
    } finally {
      await worker.close();
      Object.assign(Redis.prototype, { set, multi });
    }
  }

  const hashed = (result: Record<string, unknown>, bytes: Buffer) => {
    result.tensors = {
      ...(result.tensors as object),
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    };
  };
  const BAD: [string, Parameters<typeof withBadWorker>[0]][] = [
    ["cut short", { bytes: (bytes) => bytes.subarray(0, -5) }],
    ["with one bit flipped", { bytes: flipped }],
    ["with a NaN", { bytes: withNaN, result: hashed }],
    [
      "of another round",
      {
        bytes: (bytes) => Buffer.from(bytes.toString("latin1").replace(/"round":"\d+"/, '"round":"9"'), "latin1"),
        result: hashed,
      },
    ],
    ["that is no result", { result: (result) => Object.assign(result, { tensors: { key: 7 } }) }],
  ];
  it.each(BAD)("a result %s is asked for again", async (_what, badly) => {
    await withBadWorker(badly, 2, async () => {
      const { bits } = await disturbed(() => {});
      expect(bits).toEqual(expected);
    });
  });

  it("three bad results end the run with the worker's name, and the network as it was after the last whole round", async () => {
    await withBadWorker(BAD[1]?.[1] as never, 99, async () => {
      using net = network(false);
      const before = bitsOf(net);
      await expect(fitOnQueue(net, options())).rejects.toThrow(
        new RegExp(`3 bad results, the last from .*:${process.pid} for shard \\d: .* has other bits than were sent`),
      );
      expect(bitsOf(net)).toEqual(before);
    });
  });

  it("the same shard computed twice with different bits is an error that names both machines", async () => {
    // The first answer of shard 0 is repeated with a last bit changed, as if another machine had computed it.
    using net = network(false);
    let repeated = false;
    const { multi } = Redis.prototype as unknown as {
      multi: (...words: unknown[]) => { rpush: (...words: string[]) => unknown };
    };
    (Redis.prototype as unknown as Record<string, unknown>).multi = function (this: Redis, ...words: unknown[]) {
      const pipeline = multi.apply(this, words);
      const rpush = pipeline.rpush.bind(pipeline);
      pipeline.rpush = (key: string, json: string) => {
        const result = JSON.parse(json);
        if (repeated) return rpush(key, json);
        repeated = true;
        const other = { ...result, worker: "elsewhere:1", tensors: { ...result.tensors, sha256: "0".repeat(64) } };
        return rpush(key, json, JSON.stringify(other));
      };
      return pipeline;
    };
    const worker = serveTraining({ connection: redis.connection, queue, examples: examplesOf });
    try {
      await expect(fitOnQueue(net, options())).rejects.toThrow(/different bits from .*:\d+ and from elsewhere:1/);
    } finally {
      await worker.close();
      Object.assign(Redis.prototype, { multi });
    }
  });

  it("the same job twice is computed twice and counted once", async () => {
    workers = await startWorkers(2, redis.port, queue);
    const twice = new Queue(queue, { connection: redis.connection as ConnectionOptions });
    const { bits } = await disturbed(async () => {
      for (const job of await twice.getJobs())
        if (job) await twice.add("shard", job.data, { jobId: `${job.id}-twice` });
    });
    await twice.close();
    expect(bits).toEqual(expected);
  });

  it("an abort ends the run between two rounds, and leaves nothing in Redis", async () => {
    const controller = new AbortController();
    using net = network(false);
    const run = fitOnQueue(net, options({ signal: controller.signal }));
    setTimeout(() => controller.abort(new Error("enough")), 300);
    await expect(run).rejects.toThrow(new Error("enough"));
    const keys = await redis.client.keys("affine-wasm:*");
    expect(keys).toEqual([]);
    expect(await redis.client.llen(`bull:${queue}:wait`)).toBe(0);
  });

  it("a worker whose arithmetic rounds otherwise is not mixed in", async () => {
    workers = await startWorkers(1, redis.port, queue);
    const stranger = new Worker(
      queue,
      async ({ data }) => {
        const { round, shard, attempt, prefix } = data;
        const about = { round, shard, attempt, worker: "stranger:1", variant: "relaxed" };
        const other = arithmeticInUse() === "fused" ? "unfused" : "fused";
        const client = new Redis(redis.connection);
        await client.rpush(
          `${prefix}:results`,
          JSON.stringify({ ...about, arithmetic: other, error: "its bits differ" }),
        );
        client.disconnect();
      },
      { connection: redis.connection as ConnectionOptions },
    );
    using net = network(false);
    try {
      await expect(fitOnQueue(net, options({ rounds: 50 }))).rejects.toThrow("3 bad results, the last from stranger:1");
    } finally {
      await stranger.close();
    }
  });

  it("Redis's memory is flat over 200 rounds", async () => {
    workers = await startWorkers(1, redis.port, queue);
    using net = network(false);
    const mode = synchronous({ batchSize: 8, optimizer: sgd({ learningRate: 0.1 }) });
    let used = 0;
    for await (const { round } of roundsOnQueue(net, options({ rounds: 210, mode }))) {
      if (round === 10) used = await redis.usedMemory();
    }
    expect(Math.abs((await redis.usedMemory()) - used)).toBeLessThan(0.05 * used);
  });
});
