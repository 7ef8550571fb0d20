/** `serveTraining`: a machine that takes part. */
import { hostname } from "node:os";
import { type ConnectionOptions, Worker } from "bullmq";
import type { Redis, RedisOptions } from "ioredis";
import { checkCount, checkFields, kindOf } from "../common/check.js";
import { checkCallback } from "../common/checkOptions.js";
import type { DType } from "../common/dtype.js";
import { backend } from "../engine/start.js";
import type { Examples } from "../nn/data.js";
import { loadModel } from "../nn/io/model.js";
import { type Arithmetic, arithmeticInUse } from "./arithmetic.js";
import { getBlob, openRedis, patient, putBlob } from "./blobs.js";
import { computeShard, readShard, rowsOf, type ShardExamples } from "./compute.js";
import type { OwnLoss } from "./loss.js";
import { aliveKey, type Job, ProtocolError, type Result, readJob, resultsKey, tensorsKey } from "./protocol.js";
import { writeTensors } from "./tensors.js";

export interface ServeOptions {
  /** Options of ioredis: host, port, password, tls, … */
  connection: RedisOptions;
  /** The name that `roundsOnQueue` gives. */
  queue: string;
  /** The examples of a shard, asked for once: the same for the same numbers, on whatever machine. */
  examples: (part: {
    readonly shard: number;
    readonly shards: number;
  }) => Examples<DType> | PromiseLike<Examples<DType>>;
  /** A loss of one's own, for runs that ask for it: as `fit` takes it. */
  loss?: OwnLoss | undefined;
  /** The largest file of weights that a job may name, in bytes. Default 256 MiB. */
  maxBytes?: number | undefined;
  /** The most examples of one pass that a job may ask for. Default 65,536. */
  maxRows?: number | undefined;
  /** The most updates in a round that a job may ask for. Default 100,000. */
  maxSteps?: number | undefined;
  /** How long a job stays this machine's without a sign of life, in milliseconds. Default 30,000. */
  lockDuration?: number | undefined;
}

const OPTIONS: readonly (keyof ServeOptions)[] = [
  "connection",
  "queue",
  "examples",
  "loss",
  "maxBytes",
  "maxRows",
  "maxSteps",
  "lockDuration",
];

/** Shards whose examples are kept. */
const KEPT_SHARDS = 64;

/** What `serveTraining` returns. */
export interface TrainingWorker extends AsyncDisposable {
  /** Host and process, as messages name it. */
  readonly name: string;
  /** Finishes the job at hand and leaves. */
  close(): Promise<void>;
}

/**
 * Takes part in the runs of a queue until it is closed. It keeps nothing between two jobs, so it may come, go and be killed
 * at any time. Jobs are data: nothing of one is ever executed, and one that asks for more than the limits is refused.
 *
 * ```ts
 * await using worker = serveTraining({ connection: { host }, queue: "digits", examples: ({ shard, shards }) => … });
 * ```
 *
 * @throws TypeError, RangeError for a bad option
 */
export function serveTraining(options: ServeOptions): TrainingWorker {
  const caller = "serveTraining";
  checkFields(caller, "options", options, OPTIONS);
  const { connection, queue, examples, loss, maxBytes = 2 ** 28, maxRows = 65536 } = options;
  const { maxSteps = 100_000, lockDuration = 30_000 } = options;
  if (typeof queue !== "string" || queue === "")
    throw new TypeError(`${caller}: queue must be a name, got ${kindOf(queue)}`);
  if (typeof examples !== "function")
    throw new TypeError(`${caller}: examples must be a function, got ${kindOf(examples)}`);
  checkCallback(caller, "loss", loss);
  for (const [name, value] of Object.entries({ maxBytes, maxRows, maxSteps, lockDuration }))
    checkCount(caller, name, value);
  const name = `${hostname()}:${process.pid}`;
  const seat = new Seat(name, examples, loss ?? null, { maxBytes, maxRows, maxSteps });
  const redis = openRedis(connection);
  const worker = new Worker(queue, ({ data }) => seat.work(redis, data), {
    connection: patient(connection) as ConnectionOptions,
    concurrency: 1,
    lockDuration,
    stalledInterval: Math.max(100, Math.floor(lockDuration / 2)),
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  // A lost connection or lock is no reason to end: ioredis connects again, the coordinator publishes again.
  worker.on("error", () => {});
  const close = async () => {
    await worker.close();
    redis.disconnect();
  };
  return { name, close, [Symbol.asyncDispose]: close };
}

/** What a job may ask for at most. */
interface Limits {
  readonly maxBytes: number;
  readonly maxRows: number;
  readonly maxSteps: number;
}

/** One machine's part: its examples, its limits, its arithmetic. */
class Seat {
  readonly #name: string;
  readonly #examplesOf: ServeOptions["examples"];
  readonly #own: OwnLoss | null;
  readonly #limits: Limits;
  readonly #arithmetic: Arithmetic = arithmeticInUse();
  readonly #examples = new Map<string, Examples<DType>>();

  constructor(name: string, examplesOf: ServeOptions["examples"], own: OwnLoss | null, limits: Limits) {
    this.#name = name;
    this.#examplesOf = examplesOf;
    this.#own = own;
    this.#limits = limits;
  }

  /** Does a job, and tells the coordinator how it went. */
  async work(redis: Redis, data: unknown): Promise<void> {
    const job = readJob(data);
    if (!(await redis.exists(aliveKey(job.prefix)))) return; // a job of a run that is over
    const { round, shard, attempt } = job;
    const about = { round, shard, attempt, worker: this.#name, variant: backend(), arithmetic: this.#arithmetic };
    let result: Result;
    try {
      result = { ...about, ...(await this.#compute(redis, job)) };
    } catch (error) {
      result = { ...about, error: String(error instanceof Error ? error.message : error).slice(0, 2000) };
    }
    const key = resultsKey(job.prefix);
    await redis.multi().rpush(key, JSON.stringify(result)).pexpire(key, job.ttl).exec();
  }

  async #compute(redis: Redis, job: Job) {
    if (job.arithmetic !== null && job.arithmetic !== this.#arithmetic) {
      throw new ProtocolError(
        `its multiply-add is ${this.#arithmetic} (variant ${backend()}), the run's is ${job.arithmetic}: their bits differ; ` +
          'start all workers with initSync(undefined, { variant: "simd" }), which computes the same everywhere',
      );
    }
    const rows = rowsOf(job);
    if (!(Number.isInteger(rows) && rows > 0 && rows <= this.#limits.maxRows)) {
      throw new ProtocolError(`a pass of ${rows} rows is beyond maxRows ${this.#limits.maxRows}`);
    }
    const { mode } = job;
    if (mode.kind === "averaging" && mode.steps > this.#limits.maxSteps) {
      throw new ProtocolError(`a round of ${mode.steps} steps is beyond maxSteps ${this.#limits.maxSteps}`);
    }
    const bytes = await getBlob(redis, job.weights, this.#limits.maxBytes);
    const net = loadModel(bytes);
    try {
      const examples = await this.#shard(job, net);
      const { tensors, loss, weight } = await computeShard(job, net, examples, this.#own);
      const file = writeTensors(net, tensors, job);
      return { tensors: await putBlob(redis, tensorsKey(job), file, job.ttl), loss, weight };
    } finally {
      net.dispose();
    }
  }

  async #shard({ shard, shards }: Job, net: ReturnType<typeof loadModel>): Promise<ShardExamples> {
    const key = `${shard}/${shards}`;
    let given = this.#examples.get(key);
    if (!given) {
      given = await this.#examplesOf({ shard, shards });
      if (this.#examples.size >= KEPT_SHARDS) this.#examples.delete(this.#examples.keys().next().value as string);
      this.#examples.set(key, given);
    }
    return readShard(given, net);
  }
}
