/** Whatever happens to workers, to Redis or to the coordinator, the run ends with the bits of one that was not disturbed. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sgd } from "affine-wasm/nn";
import { type ConnectionOptions, Queue } from "bullmq";
import { describe, expect, it } from "vitest";
import { fitOnQueue, roundsOnQueue } from "../../src/cluster/coordinator.js";
import { synchronous } from "../../src/cluster/modes.js";
import { disturbed, expected, freshRedisForEach, options, queue, redis, restartRedis, workers } from "./disturbed.js";
import { bitsOf, network } from "./problem.js";
import { hasRedis } from "./redis.js";
import { Program, startWorkers } from "./workers.js";

describe.skipIf(!hasRedis)("under faults", () => {
  freshRedisForEach();

  it("a worker killed in the middle of a job", async () => {
    workers.push(...(await startWorkers(1, redis.port, queue, { slow: 60_000, lock: 700 })));
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
    workers.push(...(await startWorkers(2, redis.port, queue, { lock: 500 })));
    const [stopped] = workers;
    const { bits } = await disturbed(() => {
      stopped?.signal("SIGSTOP");
      setTimeout(() => stopped?.signal("SIGCONT"), 2500);
    });
    expect(bits).toEqual(expected);
    await new Promise((resolve) => setTimeout(resolve, 2600));
  });

  it.each([true, false])("Redis killed and started again (every write on the disk: %j)", async (aof) => {
    await restartRedis(aof);
    workers.push(...(await startWorkers(2, redis.port, queue)));
    const { bits } = await disturbed(() => {
      setTimeout(() => void redis.kill().then(() => redis.run()), 5);
    });
    expect(bits).toEqual(expected);
  });

  it("Redis flushed", async () => {
    workers.push(...(await startWorkers(2, redis.port, queue)));
    const { bits } = await disturbed(() => {
      setTimeout(() => void redis.client.flushall(), 3);
    });
    expect(bits).toEqual(expected);
  });

  it("a slow worker: its shards are asked for again, and its late answers agree", async () => {
    workers.push(...(await startWorkers(1, redis.port, queue, { slow: 1200 })));
    using net = network(false);
    const run = fitOnQueue(net, options({ shardTimeout: 300 }));
    await workers[0]?.says("shard");
    workers.push(...(await startWorkers(1, redis.port, queue)));
    const history = await run;
    expect(bitsOf(net)).toEqual(expected);
    expect(history.reduce((sum, { again }) => sum + again, 0)).toBeGreaterThan(0);
  });

  it("the coordinator is gone in the middle and goes on from its checkpoint", async () => {
    workers.push(...(await startWorkers(2, redis.port, queue)));
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

  it("the coordinator killed in the middle of a round, and another that goes on from the file it has left", async () => {
    const folder = mkdtempSync(join(tmpdir(), "affine-coordinator-"));
    const file = join(folder, "checkpoint");
    try {
      workers.push(...(await startWorkers(2, redis.port, queue, { slow: 100 })));
      const killed = new Program("coordinator.process.ts", [redis.port, queue, file]);
      workers.push(killed);
      await killed.says("round 2");
      killed.signal("SIGKILL");
      await killed.ended;
      using again = network(false);
      const history = await fitOnQueue(again, options({ resume: new Uint8Array(readFileSync(file)) }));
      expect(history.map(({ round }) => round)).toEqual([3, 4, 5]);
      expect(bitsOf(again)).toEqual(expected);
      // What the dead one has left in Redis ends by itself.
      for (const key of await redis.client.keys("affine-wasm:*"))
        expect(await redis.client.ttl(key)).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("the same job twice is computed twice and counted once", async () => {
    workers.push(...(await startWorkers(2, redis.port, queue)));
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

  it("Redis's memory is flat over 200 rounds", async () => {
    workers.push(...(await startWorkers(1, redis.port, queue)));
    using net = network(false);
    const mode = synchronous({ batchSize: 8, optimizer: sgd({ learningRate: 0.1 }) });
    let used = 0;
    for await (const { round } of roundsOnQueue(net, options({ rounds: 210, mode }))) {
      if (round === 10) used = await redis.usedMemory();
    }
    expect(Math.abs((await redis.usedMemory()) - used)).toBeLessThan(0.05 * used);
  });
});
