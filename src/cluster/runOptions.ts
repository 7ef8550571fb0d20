/** The options of a run on a queue: their types, their defaults, their checks. */
import type { RedisOptions } from "ioredis";
import { checkCount, checkFields, checkObject, checkSeed, kindOf } from "../common/check.js";
import { checkCallback } from "../common/checkOptions.js";
import type { DType } from "../common/dtype.js";
import { anySeed } from "../common/random.js";
import type { Examples } from "../nn/data.js";
import type { Evaluation } from "../nn/evaluate.js";
import { type Loss, lossOf, softmaxCrossEntropy } from "../nn/losses.js";
import type { Mode } from "./modes.js";

/** What is known after a round. */
export interface RoundMetrics {
  /** From 1. */
  readonly round: number;
  /** The mean over all that the shards computed, before the update. */
  readonly loss: number;
  readonly validation?: Evaluation;
  /** Jobs that were published again, because their worker was slow, died, or answered badly. */
  readonly again: number;
  /** Who answered, by shard. */
  readonly workers: readonly string[];
}

export interface QueueRunOptions<D extends DType = "float32"> {
  /** Options of ioredis: host, port, password, tls, … */
  connection: RedisOptions;
  /** The name of the queue that the workers serve. */
  queue: string;
  /** In how many parts a round is computed. The bits depend on it, not on the number of workers. */
  shards: number;
  /** Rounds of the whole run. */
  rounds: number;
  /** What `synchronous` or `averaging` returns. */
  mode: Mode;
  /** A ready loss; "own" for the one that the workers were given. Default `softmaxCrossEntropy()`. */
  loss?: Loss | "own" | undefined;
  classWeights?: readonly number[] | undefined;
  /** A whole number below 2³² on which the order of the examples depends. Default: another one for every run. */
  seed?: number | undefined;
  /** Evaluated after every round, on this machine. */
  validation?: Examples<D> | undefined;
  /** Ends the run after so many rounds without a lower validation loss. */
  patience?: number | undefined;
  /** Ends with the weights of the round of the lowest validation loss. Default false. */
  restoreBest?: boolean | undefined;
  /** Called after every round, and awaited. `checkpoint()` is a file that `resume` takes. */
  onRound?: ((metrics: RoundMetrics & { checkpoint(): Uint8Array<ArrayBuffer> }) => unknown) | undefined;
  /** A checkpoint to go on from: the run ends with the bits of one that was not interrupted. */
  resume?: Uint8Array | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds after which the missing shards of a round are published again. Default 60,000. */
  shardTimeout?: number | undefined;
  /** The largest result of a worker, in bytes. Default 256 MiB. */
  maxBytes?: number | undefined;
}

const OPTIONS: readonly (keyof QueueRunOptions)[] = [
  "connection",
  "queue",
  "shards",
  "rounds",
  "mode",
  "loss",
  "classWeights",
  "seed",
  "validation",
  "patience",
  "restoreBest",
  "onRound",
  "resume",
  "signal",
  "shardTimeout",
  "maxBytes",
];

/** The options with every default filled in. */
export function readRunOptions<D extends DType>(caller: string, options: QueueRunOptions<D>) {
  checkFields(caller, "options", options, OPTIONS);
  const { connection, queue, shards, rounds, mode, loss = softmaxCrossEntropy(), classWeights } = options;
  const { seed = anySeed(), validation, patience, restoreBest = false, onRound, resume, signal } = options;
  const { shardTimeout = 60_000, maxBytes = 2 ** 28 } = options;
  checkObject(caller, "connection", connection);
  if (typeof queue !== "string" || queue === "")
    throw new TypeError(`${caller}: queue must be a name, got ${kindOf(queue)}`);
  for (const [name, value] of Object.entries({ shards, rounds, shardTimeout, maxBytes }))
    checkCount(caller, name, value);
  checkSeed(caller, "seed", seed);
  checkObject(caller, "mode", mode);
  if (loss !== "own") lossOf(caller, loss);
  const { description } = mode;
  if (description?.kind === "synchronous" && description.batchSize % shards !== 0) {
    throw new RangeError(`${caller}: batchSize ${description.batchSize} must be a multiple of shards ${shards}`);
  }
  if (patience !== undefined) checkCount(caller, "patience", patience);
  if ((patience !== undefined || restoreBest) && validation === undefined) {
    throw new TypeError(`${caller}: patience and restoreBest need validation examples`);
  }
  if (typeof restoreBest !== "boolean")
    throw new TypeError(`${caller}: restoreBest must be a boolean, got ${kindOf(restoreBest)}`);
  checkCallback(caller, "onRound", onRound);
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    throw new TypeError(`${caller}: signal must be an AbortSignal, got ${kindOf(signal)}`);
  }
  const weights = classWeights === undefined ? null : Array.from(classWeights);
  return {
    connection,
    queue,
    shards,
    rounds,
    mode,
    loss,
    classWeights: weights,
    seed,
    validation,
    patience,
    restoreBest,
    onRound,
    resume,
    signal,
    shardTimeout,
    maxBytes,
  };
}

export type ReadRunOptions<D extends DType> = ReturnType<typeof readRunOptions<D>>;
