/** A run's lines to Redis: its jobs, its blobs, its results, and the sign that it lives. */
import { randomUUID } from "node:crypto";
import { type ConnectionOptions, Queue } from "bullmq";
import type { Redis, RedisOptions } from "ioredis";
import { type BlobRef, blobExists, deleteBlob, openRedis, patient, putBlob } from "./blobs.js";
import { aliveKey, type Job, jobId, PREFIX, resultsKey, weightsKey } from "./protocol.js";

/** How long a run that was killed still counts as alive, in milliseconds. */
const ALIVE = 30_000;

export class Channel {
  readonly prefix: string;
  readonly redis: Redis;
  readonly #queue: Queue;
  /** One that waits for results, and so can do nothing else. */
  readonly #waiting: Redis;
  readonly #ttl: number;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  readonly #outstanding = new Map<number, string>();

  constructor(connection: RedisOptions, queue: string, ttl: number) {
    this.prefix = `${PREFIX}${queue}:${randomUUID()}`;
    this.redis = openRedis(connection);
    this.#waiting = openRedis(connection);
    this.#queue = new Queue(queue, {
      connection: patient(connection) as ConnectionOptions,
      // Nobody reads BullMQ's events; by default Redis would keep ten thousand of them.
      streams: { events: { maxLen: 100 } },
    });
    this.#ttl = ttl;
    this.#queue.on("error", () => {});
    this.#heartbeat = setInterval(() => void this.#beat(), ALIVE / 3);
    this.#heartbeat.unref();
  }

  get ttl(): number {
    return this.#ttl;
  }

  async start(): Promise<void> {
    await this.#beat();
  }

  /** Puts the weights of a round there, unless they are. */
  async putWeights(round: number, bytes: Uint8Array, ref: BlobRef | null): Promise<BlobRef> {
    if (ref) {
      if (await blobExists(this.redis, ref)) return ref;
      await this.#beat(); // lost with the rest
    }
    return putBlob(this.redis, weightsKey(this.prefix, round), bytes, this.#ttl);
  }

  /** Publishes a shard; an earlier try of it that nobody has begun is taken back. */
  async publish(job: Job): Promise<void> {
    await this.#takeBack(job.shard);
    const id = jobId(job);
    this.#outstanding.set(job.shard, id);
    await this.#queue.add("shard", job, { jobId: id, removeOnComplete: true, removeOnFail: true });
  }

  /** The shard has its answer. */
  async settle(shard: number): Promise<void> {
    await this.#takeBack(shard);
  }

  /** The next result, or null if none came for a moment. */
  async nextResult(seconds: number): Promise<string | null> {
    const popped = await this.#waiting.blpop(resultsKey(this.prefix), seconds);
    return popped?.[1] ?? null;
  }

  async dropWeights(ref: BlobRef): Promise<void> {
    await deleteBlob(this.redis, ref);
  }

  /** Takes back what is not begun, and all that lies in Redis of the run. */
  async close(weights: BlobRef | null): Promise<void> {
    clearInterval(this.#heartbeat);
    try {
      if (this.redis.status === "ready") {
        for (const shard of [...this.#outstanding.keys()]) await this.#takeBack(shard);
        if (weights) await this.dropWeights(weights);
        await this.redis.unlink(resultsKey(this.prefix), aliveKey(this.prefix));
      }
    } finally {
      this.#waiting.disconnect();
      this.redis.disconnect();
      await this.#queue.close().catch(() => {});
    }
  }

  async #takeBack(shard: number): Promise<void> {
    const id = this.#outstanding.get(shard);
    this.#outstanding.delete(shard);
    // One that somebody works on is locked, and stays.
    if (id !== undefined) await this.#queue.remove(id).catch(() => {});
  }

  async #beat(): Promise<void> {
    await this.redis.set(aliveKey(this.prefix), "1", "PX", ALIVE).catch(() => {});
  }
}
