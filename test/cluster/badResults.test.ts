/** Results that are broken, wrong or of another arithmetic: asked for again, and in the end an error that names who sent them. */
import { createHash } from "node:crypto";
import { type ConnectionOptions, Worker } from "bullmq";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { arithmeticInUse } from "../../src/cluster/arithmetic.js";
import { fitOnQueue } from "../../src/cluster/coordinator.js";
import { serveTraining } from "../../src/cluster/worker.js";
import { disturbed, expected, freshRedisForEach, options, queue, redis, workers } from "./disturbed.js";
import { bitsOf, examplesOf, network } from "./problem.js";
import { hasRedis } from "./redis.js";
import { startWorkers } from "./workers.js";

/** The last element's lowest bit but two turned over; or NaN in its place. */
const flipped = (bytes: Buffer) => {
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
  return bytes;
};
const withNaN = (bytes: Buffer) => {
  bytes.writeFloatLE(Number.NaN, bytes.length - 4);
  return bytes;
};

describe.skipIf(!hasRedis)("a bad result", () => {
  freshRedisForEach();

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

  it("a worker whose arithmetic rounds otherwise is not mixed in", async () => {
    workers.push(...(await startWorkers(1, redis.port, queue)));
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
});
