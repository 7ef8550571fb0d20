/** `roundsOnQueue` and `fitOnQueue`: rounds of training on whatever workers serve a queue. */
import type { DType, FloatArray } from "../common/dtype.js";
import { loadCheckpoint, saveCheckpoint } from "../nn/io/checkpoint.js";
import { saveModel } from "../nn/io/model.js";
import { arraysOf, type Network } from "../nn/io/network.js";
import type { Sequential } from "../nn/sequential.js";
import type { BlobRef } from "./blobs.js";
import { Channel } from "./channel.js";
import { internals } from "./loss.js";
import { type Job, type LossDescription, PROTOCOL } from "./protocol.js";
import { type Answer, Results } from "./results.js";
import { type QueueRunOptions, type ReadRunOptions, type RoundMetrics, readRunOptions } from "./runOptions.js";
import { type NamedArrays, Sums, weightsOf } from "./tensors.js";

/** The field of a checkpoint's metadata that says what run it is of. */
const FIELD = "run";

/**
 * Trains a network on the workers of a queue, a round whenever the loop asks for one.
 *
 * The weights go to Redis, a job for each shard to the queue; what the workers computed is checked and added up in the order
 * of the shards, for one update here. So the bits depend on shards, seed and the arithmetic of the machines, and on nothing
 * else: not on how many workers there are, who is slow, who dies. They are those of the same shards computed one after the
 * other in one process, and not those of `fit` over the whole batch.
 *
 * @throws TypeError, RangeError for bad arguments, here and now; later an Error that names the worker whose third bad result
 *   came, or both workers if two computed different bits; the reason of an abort. The network then has the weights of the
 *   last whole round.
 */
export function roundsOnQueue<D extends DType>(
  net: Sequential<D>,
  options: QueueRunOptions<D>,
): AsyncGenerator<RoundMetrics, void> {
  const read = readRunOptions("roundsOnQueue", options);
  return rounds(net, read);
}

/** As `roundsOnQueue`, all rounds. @returns the metrics of every round */
export async function fitOnQueue<D extends DType>(
  net: Sequential<D>,
  options: QueueRunOptions<D>,
): Promise<RoundMetrics[]> {
  const history: RoundMetrics[] = [];
  for await (const metrics of rounds(net, readRunOptions("fitOnQueue", options))) history.push(metrics);
  return history;
}

async function* rounds<D extends DType>(
  net: Sequential<D>,
  options: ReadRunOptions<D>,
): AsyncGenerator<RoundMetrics, void> {
  const { validation, patience, restoreBest, onRound, signal, loss } = options;
  const first = options.resume ? resume(net, options, options.resume) : 0;
  const channel = new Channel(options.connection, options.queue, 4 * options.shardTimeout + 60_000);
  const run = new Run(net, options, channel);
  const evaluation = loss === "own" ? {} : { loss };
  let best = { loss: Number.POSITIVE_INFINITY, round: first, weights: null as ReturnType<typeof weightsOf> | null };
  try {
    await run.whileNotAborted(channel.start());
    for (let round = first; round < options.rounds; round++) {
      signal?.throwIfAborted();
      const own = await run.round(round);
      const held = validation && { validation: net.evaluate(validation, evaluation) };
      const metrics = { round: round + 1, ...own, ...held };
      if (held && held.validation.loss < best.loss) {
        best = { loss: held.validation.loss, round, weights: restoreBest ? weightsOf(net) : null };
      }
      const checkpoint = () => checkpointOf(net, options, round + 1);
      await onRound?.({ ...metrics, checkpoint });
      yield metrics;
      if (patience !== undefined && round - best.round >= patience) break;
    }
  } finally {
    await run.end();
    // Whoever was called in between may have disposed it.
    if (best.weights && !internals(net).parameters.disposed) writeWeights(net, best.weights);
  }
}

/** One round after the other. */
class Run<D extends DType> {
  readonly #net: Sequential<D>;
  readonly #options: ReadRunOptions<D>;
  readonly #channel: Channel;
  readonly #results: Results;
  readonly #aborted: Promise<never>;
  /** A signal may outlive many runs: what listens to it goes with the run. */
  readonly #ended = new AbortController();
  #weights: BlobRef | null = null;

  constructor(net: Sequential<D>, options: ReadRunOptions<D>, channel: Channel) {
    this.#net = net;
    this.#options = options;
    this.#channel = channel;
    this.#results = new Results(channel.redis, net, channel.prefix, options.maxBytes);
    const { signal } = options;
    this.#aborted = new Promise((_, reject) => {
      const abort = () => reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true, signal: this.#ended.signal });
    });
    this.#aborted.catch(() => {});
  }

  /** What waits for Redis must not outlast an abort. */
  whileNotAborted<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#aborted]);
  }

  /** Publishes the shards of a round, gathers their answers, and updates the network. */
  async round(round: number): Promise<Omit<RoundMetrics, "round" | "validation">> {
    const { shards, mode, shardTimeout } = this.#options;
    const before = this.#weights;
    const bytes = saveModel(this.#net);
    const put = this.#channel.putWeights(round, bytes, null);
    const dropped = before ? this.#channel.dropWeights(before) : null;
    this.#weights = await this.whileNotAborted(put);
    await this.whileNotAborted(Promise.resolve(dropped));
    const attempts = new Array<number>(shards).fill(0);
    const publish = (shard: number) =>
      this.whileNotAborted(this.#channel.publish(this.#job(round, shard, attempts[shard] as number)));
    for (let shard = 0; shard < shards; shard++) await publish(shard);

    const averages = mode.description.kind === "averaging";
    const from = averages ? weightsOf(this.#net) : undefined;
    const sums = new Sums();
    const answers = new Map<number, Answer>();
    const workers = new Array<string>(shards);
    let [next, again, weight, loss] = [0, 0, 0, 0];
    let deadline = performance.now() + shardTimeout;
    const missing = (shard: number) => shard >= next && shard < shards && !answers.has(shard);
    while (next < shards) {
      const json = await this.whileNotAborted(this.#channel.nextResult(0.2));
      const taken = json === null ? null : await this.#results.take(json, round, missing);
      if (taken && "answer" in taken) {
        answers.set(taken.shard, taken.answer);
        workers[taken.shard] = taken.worker;
        // A try that nobody has begun yet would be computed for nothing.
        if (attempts[taken.shard]) await this.#channel.settle(taken.shard);
      } else if (taken) {
        again++;
        attempts[taken.shard] = (attempts[taken.shard] as number) + 1;
        await publish(taken.shard);
      }
      // In the order of the shards, whoever came first.
      for (let answer = answers.get(next); answer; answer = answers.get(next)) {
        answers.delete(next++);
        const share = averages ? 1 : answer.weight;
        if (share > 0) sums.add(answer.tensors, share, from);
        weight += answer.weight;
        loss += answer.loss * answer.weight;
      }
      if (performance.now() < deadline || next === shards) continue;
      deadline = performance.now() + shardTimeout;
      this.#weights = await this.whileNotAborted(this.#channel.putWeights(round, bytes, this.#weights));
      for (let shard = 0; shard < shards; shard++) {
        if (!missing(shard)) continue;
        again++;
        attempts[shard] = (attempts[shard] as number) + 1;
        await publish(shard);
      }
    }
    // A round in which no example counts changes nothing.
    if (weight > 0) {
      sums.writeGradients(this.#net, averages ? shards : weight);
      mode.optimizer.step(this.#net as never);
    }
    return { loss: weight > 0 ? loss / weight : 0, again, workers };
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#channel.close(this.#weights);
  }

  #job(round: number, shard: number, attempt: number): Job {
    const { shards, seed, mode, loss, classWeights } = this.#options;
    return {
      protocol: PROTOCOL,
      prefix: this.#channel.prefix,
      round,
      shard,
      shards,
      attempt,
      seed,
      maskSeed: internals(this.#net).masks.seed,
      mode: mode.description,
      loss: describeLoss(loss),
      classWeights,
      weights: this.#weights as BlobRef,
      arithmetic: this.#results.arithmetic,
      ttl: this.#channel.ttl,
    };
  }
}

function describeLoss(loss: ReadRunOptions<DType>["loss"]): LossDescription {
  if (loss === "own") return null;
  const { name, delta } = loss as { name: string; delta?: number };
  return delta === undefined ? { name } : { name, delta };
}

/** What of the options decides about the bits: a run goes on only with the same. */
function identity({ shards, seed, mode, loss, classWeights }: ReadRunOptions<DType>): string {
  return JSON.stringify({ shards, seed, mode: mode.description, loss: describeLoss(loss), classWeights });
}

function checkpointOf<D extends DType>(net: Sequential<D>, options: ReadRunOptions<D>, rounds: number) {
  const metadata = { [FIELD]: identity(options as never) };
  return saveCheckpoint(net as never, options.mode.optimizer, { epoch: rounds, seed: options.seed, metadata });
}

/** Reads a checkpoint into the network and the optimizer. @returns the rounds that are done */
function resume<D extends DType>(net: Sequential<D>, options: ReadRunOptions<D>, bytes: Uint8Array): number {
  const { epoch, metadata } = loadCheckpoint(net as never, options.mode.optimizer, bytes);
  const expected = identity(options as never);
  if (metadata[FIELD] !== expected) {
    throw new RangeError(`roundsOnQueue: resume is of a run ${metadata[FIELD]}, the options say ${expected}`);
  }
  return epoch;
}

function writeWeights(net: Network, weights: NamedArrays): void {
  for (const { name, data } of arraysOf(net)) data.set(weights.get(name) as FloatArray);
}
