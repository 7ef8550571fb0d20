/** One forward and backward pass of a job, with a ready loss or the worker's own. */
import type { DType, FloatArray } from "../common/dtype.js";
import type { NetworkInternals } from "../nn/internals.js";
import { lossNamed } from "../nn/losses.js";
import { internalsOf } from "../nn/networks.js";
import type { Sequential } from "../nn/sequential.js";
import { type Job, ProtocolError } from "./protocol.js";

/** A loss of the user's own: writes the gradient of its mean with respect to y into dy, and returns the mean. */
export type OwnLoss = (y: never, targets: never, dy: never) => number;

/** The rows of one pass. */
export interface Batch {
  readonly x: FloatArray;
  readonly labels: Int32Array | null;
  readonly targets: FloatArray | null;
  readonly weights: Float64Array | null;
}

/** The mean loss of a batch with its gradient, and what it is the mean over. */
export type BatchLoss = (y: FloatArray, batch: Batch, rows: number) => { loss: number; dy: FloatArray; weight: number };

/** @throws Error if the job names no loss and the worker was given none */
export function lossOf({ loss, classWeights }: Job, own: OwnLoss | null): BatchLoss {
  if (loss === null) {
    if (!own) throw new Error("the job wants a loss of the worker's own: give serveTraining({ loss })");
    return (y, { labels, targets }, rows) => {
      const dy = y.slice().fill(0);
      const value = own(y as never, (labels ?? targets) as never, dy as never);
      return { loss: value, dy, weight: rows };
    };
  }
  const ready = lossNamed(loss.name, loss.delta);
  if (!ready) throw new ProtocolError(`the job wants a loss ${loss.name.slice(0, 40)}, which there is not`);
  return (y, { labels, targets, weights }, rows) => {
    const to = {
      columns: y.length / rows,
      ...(labels ? { labels } : { targets }),
      ...(weights && { weights }),
      ...(classWeights && { classWeights }),
    };
    const { loss: value, dy } = ready.of(y as never, to as never);
    return { loss: value, dy: dy as FloatArray, weight: weightOf(rows, labels, classWeights) };
  };
}

/** Rows, or the sum of the weights of their classes. */
function weightOf(rows: number, labels: Int32Array | null, classWeights: readonly number[] | null): number {
  if (!labels || !classWeights) return rows;
  return labels.reduce((sum, label) => sum + (classWeights[label] as number), 0);
}

/** Of a network of this copy of the package. */
export function internals(net: object): NetworkInternals<DType> {
  const found = internalsOf(net);
  if (!found) throw new TypeError("net must be a Sequential");
  return found;
}

/**
 * Forward, loss and backward: the gradients of the mean loss lie in the network then.
 * @param masks the seed of the masks of dropout, and how many rows of the run came before these
 * @throws RangeError if the loss is not finite
 */
export function stepOf(
  net: Sequential<DType>,
  batch: Batch,
  loss: BatchLoss,
  masks: { readonly seed: number; readonly rows: number },
): { loss: number; weight: number } {
  Object.assign(internals(net).masks, masks);
  const y = net.forward(batch.x as never) as FloatArray;
  const { loss: value, dy, weight } = loss(y, batch, batch.x.length / net.inFeatures);
  if (!Number.isFinite(value)) throw new RangeError(`the loss is ${value}`);
  net.backward(dy as never, { inputGradient: false });
  return { loss: value, weight };
}
