/** The work of one job: a shard's gradient, or its weights after some steps. No queue is known here. */

import { checkMultiple } from "../common/check.js";
import { checkView } from "../common/checkRealm.js";
import { ARRAYS, type DType, type FloatArray } from "../common/dtype.js";
import type { ClassOf } from "../common/realm.js";
import { shuffle } from "../nn/batches.js";
import type { Examples } from "../nn/data.js";
import type { Sequential } from "../nn/sequential.js";
import { Turns } from "../nn/turns.js";
import { lossOf, type OwnLoss, stepOf } from "./loss.js";
import { makeOptimizer } from "./modes.js";
import type { Job } from "./protocol.js";
import { gradientsOf, type NamedArrays, weightsOf } from "./tensors.js";

/** The examples of a shard, checked. */
export interface ShardExamples {
  readonly count: number;
  readonly x: FloatArray;
  readonly labels: Int32Array | null;
  readonly targets: FloatArray | null;
  readonly weights: Float64Array | null;
}

export interface Computed {
  readonly tensors: NamedArrays;
  /** The mean loss, and what it is the mean over. */
  readonly loss: number;
  readonly weight: number;
}

/** @throws TypeError, RangeError if what `serveTraining`'s `examples` gave does not fit the network of the job */
export function readShard(examples: Examples<DType>, net: Sequential<DType>): ShardExamples {
  const { labels, targets, weights } = examples;
  const x = floats("x", examples.x, net);
  checkMultiple("serveTraining", "examples.x", x, net.inFeatures, "inFeatures");
  const count = x.length / net.inFeatures;
  if (count === 0) throw new RangeError("serveTraining: examples.x is empty");
  const lengths = { labels: labels && count, targets: targets && count * net.outFeatures, weights: weights && count };
  for (const [name, wanted] of Object.entries(lengths)) {
    const { length } = (examples as unknown as Record<string, ArrayLike<number> | undefined>)[name] ?? {
      length: wanted,
    };
    if (length !== wanted)
      throw new RangeError(`serveTraining: examples.${name} has ${length} values, expected ${wanted}`);
  }
  return {
    count,
    x,
    labels: labels ? Int32Array.from({ length: count }, (_, i) => Number(labels[i])) : null,
    targets: targets ? floats("targets", targets, net) : null,
    weights: weights ? Float64Array.from(weights) : null,
  };
}

/** A plain view of an array of the network's element type. */
function floats(name: string, value: unknown, { dtype }: Sequential<DType>): FloatArray {
  return checkView(
    "serveTraining",
    `examples.${name}`,
    value,
    ARRAYS[dtype] as ClassOf<Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>,
  );
}

/** How many examples a job asks for in one forward pass. */
export function rowsOf({ mode, shards }: Pick<Job, "mode" | "shards">): number {
  return mode.kind === "synchronous" ? mode.batchSize / shards : mode.batchSize;
}

/** Computes a job on a network that holds the round's weights; after an averaging job it holds other ones. */
export async function computeShard(
  job: Job,
  net: Sequential<DType>,
  examples: ShardExamples,
  own: OwnLoss | null,
): Promise<Computed> {
  const { mode, round, shard, shards } = job;
  const rows = rowsOf(job);
  const loss = lossOf(job, own);
  const at = (index: number) =>
    take(examples, net.inFeatures, net.outFeatures, rowsAt(job, examples.count, index, rows));
  if (mode.kind === "synchronous") {
    // Rows of the run before these: the masks of dropout depend on it, whoever computes them.
    const before = (round * shards + shard) * rows;
    const { loss: value, weight } = stepOf(net, at(round), loss, { seed: job.maskSeed, rows: before });
    return { tensors: gradientsOf(net), loss: value, weight };
  }
  const optimizer = makeOptimizer("job", mode.optimizer);
  const turns = new Turns();
  let total = 0;
  let weight = 0;
  for (let step = 0; step < mode.steps; step++) {
    // BullMQ renews the lock of the job from a timer.
    if (turns.over) await turns.next();
    const before = ((round * shards + shard) * mode.steps + step) * rows;
    const done = stepOf(net, at(round * mode.steps + step), loss, { seed: job.maskSeed, rows: before });
    if (done.weight > 0) optimizer.step(net);
    total += done.loss * done.weight;
    weight += done.weight;
  }
  return { tensors: weightsOf(net), loss: weight > 0 ? total / weight : 0, weight };
}

/**
 * The `index`-th batch of a shard: its examples in an order of their own, which begins anew, in another, when it ends. It
 * depends on seed and shard alone.
 */
function rowsAt({ seed, shard }: Job, count: number, index: number, rows: number): Int32Array {
  const taken = new Int32Array(rows);
  const order = new Int32Array(count);
  let epoch = -1;
  for (let i = 0; i < rows; i++) {
    const position = index * rows + i;
    const needed = Math.floor(position / count);
    if (needed !== epoch) {
      epoch = needed;
      shuffle(order, seed ^ Math.imul(shard + 1, 0x9e3779b1), epoch);
    }
    taken[i] = order[position % count] as number;
  }
  return taken;
}

/** The examples of these numbers. */
function take({ x, labels, targets, weights }: ShardExamples, columns: number, outputs: number, rows: Int32Array) {
  return {
    x: gather(x, columns, rows),
    labels: labels && Int32Array.from(rows, (row) => labels[row] as number),
    targets: targets && gather(targets, outputs, rows),
    weights: weights && Float64Array.from(rows, (row) => weights[row] as number),
  };
}

function gather(source: FloatArray, columns: number, rows: Int32Array): FloatArray {
  const result = new (source.constructor as Float32ArrayConstructor)(rows.length * columns);
  for (const [i, row] of rows.entries()) {
    result.set(source.subarray(row * columns, (row + 1) * columns) as Float32Array, i * columns);
  }
  return result;
}
