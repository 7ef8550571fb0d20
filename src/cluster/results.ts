/** What workers answer in a round: taken once each, checked, and compared where two answered the same. */
import type { Redis } from "ioredis";
import type { Network } from "../nn/io/network.js";
import type { Arithmetic } from "./arithmetic.js";
import { deleteBlob, getBlob } from "./blobs.js";
import { type Result, readResult } from "./protocol.js";
import { type NamedArrays, readTensors } from "./tensors.js";

/** A shard's answer that passed its checks. */
export interface Answer {
  readonly tensors: NamedArrays;
  readonly loss: number;
  readonly weight: number;
}

/** How many bad results of one worker, or of one shard, end a run. */
const MOST_BAD = 3;
/** Rounds for which late duplicates are still compared. */
const REMEMBERED_ROUNDS = 16;

export class Results {
  readonly #redis: Redis;
  readonly #net: Network;
  readonly #prefix: string;
  readonly #maxBytes: number;
  readonly #bad = new Map<string, number>();
  /** The bits of each shard's answer, by round and shard. */
  readonly #seen = new Map<string, { readonly sha256: string; readonly worker: string }>();
  /** Whose bits the run has: those of the first answer. */
  arithmetic: Arithmetic | null = null;

  constructor(redis: Redis, net: Network, prefix: string, maxBytes: number) {
    this.#redis = redis;
    this.#net = net;
    this.#prefix = prefix;
    this.#maxBytes = maxBytes;
  }

  /**
   * Checks what a worker said, and takes its tensors from Redis.
   *
   * @param wanted whether the shard of the round has no answer yet
   * @returns the answer; null for one that was wanted no more; "bad" for one that must be asked for again
   * @throws Error naming both workers if one shard was answered with different bits, or the worker whose third bad result
   *   this is
   */
  async take(json: string, round: number, wanted: (shard: number) => boolean): Promise<Taken> {
    let result: Result;
    try {
      result = readResult(json);
    } catch (error) {
      return this.#countBad("an unknown worker", null, (error as Error).message);
    }
    const { worker, shard } = result;
    if ("error" in result) {
      return result.round === round && wanted(shard) ? this.#countBad(worker, shard, result.error) : null;
    }
    // Before anything under that key is read or deleted.
    if (!result.tensors.key.startsWith(`${this.#prefix}:result:`) || result.tensors.bytes > this.#maxBytes) {
      const { key, bytes } = result.tensors;
      const why = `its tensors are ${bytes} bytes under ${key}, expected at most ${this.#maxBytes} under a key of the run`;
      return this.#countBad(worker, result.round === round && wanted(shard) ? shard : null, why);
    }
    const key = `${result.round}:${shard}`;
    const before = this.#seen.get(key);
    if (before) {
      await deleteBlob(this.#redis, result.tensors);
      if (before.sha256 === result.tensors.sha256) return null;
      throw new Error(
        `roundsOnQueue: shard ${shard} of round ${result.round} has different bits from ${before.worker} and from ${worker}: ` +
          "one of the two machines computes wrongly, or their examples differ",
      );
    }
    if (result.round !== round || !wanted(shard)) return null;
    try {
      const bytes = await getBlob(this.#redis, result.tensors, this.#maxBytes);
      const tensors = readTensors(this.#net, bytes, { prefix: this.#prefix, round, shard });
      if (this.arithmetic !== null && this.arithmetic !== result.arithmetic) {
        throw new Error(`its multiply-add is ${result.arithmetic}, the run's is ${this.arithmetic}: their bits differ`);
      }
      if (result.weight < 0) throw new Error(`its loss is the mean over ${result.weight}`);
      this.arithmetic = result.arithmetic;
      this.#remember(key, round, { sha256: result.tensors.sha256, worker });
      return { shard, worker, answer: { tensors, loss: result.loss, weight: result.weight } };
    } catch (error) {
      return this.#countBad(worker, shard, (error as Error).message);
    } finally {
      await deleteBlob(this.#redis, result.tensors);
    }
  }

  #remember(key: string, round: number, value: { sha256: string; worker: string }): void {
    this.#seen.set(key, value);
    for (const old of this.#seen.keys()) {
      if (Number(old.split(":")[0]) > round - REMEMBERED_ROUNDS) break;
      this.#seen.delete(old);
    }
  }

  #countBad(worker: string, shard: number | null, why: string): Taken {
    for (const key of [worker, `shard ${shard}`]) {
      const count = (this.#bad.get(key) ?? 0) + 1;
      this.#bad.set(key, count);
      if (count >= MOST_BAD) {
        throw new Error(`roundsOnQueue: ${count} bad results, the last from ${worker} for shard ${shard}: ${why}`);
      }
    }
    return shard === null ? null : { shard, worker, bad: why };
  }
}

export type Taken =
  | null
  | { readonly shard: number; readonly worker: string; readonly answer: Answer }
  | { readonly shard: number; readonly worker: string; readonly bad: string };
