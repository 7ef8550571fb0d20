/** Loss functions. */
import { checkFields, checkFinite, kindOf } from "../common/check.js";
import type { DType, FloatArray } from "../common/dtype.js";
import { KIND, ownKind } from "../common/own.js";
import { type LossAndGradient, lossByHand, type Targets } from "./lossByHand.js";
import type { LossDefinition } from "./lossDefinition.js";

const LOSS = "loss";

/** What `softmaxCrossEntropy()` and its like return, for `fit` and `evaluate`, or by hand. */
export interface Loss extends LossDefinition {
  /** @internal */
  readonly [KIND]: string;
  /** Of `huber`: up to which distance it is a square. */
  readonly delta?: number;
  /**
   * The loss of outputs, and its gradient with respect to them: for steps by hand.
   *
   * ```ts
   * const y = net.forward(x);
   * const { loss, dy } = softmaxCrossEntropy().of(y, { labels });
   * net.backward(dy);
   * optimizer.step(net);
   * ```
   *
   * @param y rows × columns outputs
   * @param targets what they are compared with; `columns` only where neither labels, weights nor the network tell it
   * @param out where to put dy, as long as y; default: a new array. With tensors' data for y, targets and out nothing is
   *   copied or allocated
   * @returns the loss of `fit`, by the same formula; 0, with a gradient of zeros, where all weight is 0
   * @throws TypeError, RangeError for arrays that do not fit, ReferenceError for a view of a disposed tensor
   */
  of<A extends FloatArray>(y: A, targets: Targets<A>, out?: A): LossAndGradient<A>;
}

/**
 * A loss of one's own: it puts the gradient of its mean over the batch with respect to y into `dy`, and returns the mean. The
 * arrays are JavaScript's own, exactly as long as the batch, and `dy` holds zeros at first; `targets` are class numbers where
 * the examples have labels.
 */
export type LossFunction<D extends DType = "float32"> = (
  y: D extends "float32" ? Float32Array : Float64Array,
  targets: (D extends "float32" ? Float32Array : Float64Array) | Int32Array,
  dy: D extends "float32" ? Float32Array : Float64Array,
) => number;

function define(definition: LossDefinition & { delta?: number }): Loss {
  const loss: Loss = {
    [KIND]: LOSS,
    ...definition,
    takes: Object.freeze(definition.takes),
    of: (y, targets, out) => lossByHand(loss, y, targets, out),
  };
  // `part` gets pointers: nobody may put another function in its place.
  return Object.freeze(loss);
}

const SOFTMAX_CROSS_ENTROPY = define({
  name: "softmaxCrossEntropy",
  takes: ["labels", "targets"],
  probabilities: true,
  part: (kernels, rows, columns, y, targets, labelled, weights, total, dy) =>
    labelled
      ? kernels.softmaxCrossEntropy(rows, columns, y, targets, weights, 1 / total, dy)
      : kernels.softmaxCrossEntropyTargets(rows, columns, y, targets, weights, 1 / total, dy),
});

const MEAN_SQUARED_ERROR = define({
  name: "meanSquaredError",
  takes: ["targets"],
  probabilities: false,
  part: (kernels, rows, columns, y, targets, _labelled, weights, total, dy) =>
    kernels.squaredError(rows, columns, y, targets, weights, 2 / (total * columns), dy),
});

const BINARY_CROSS_ENTROPY = define({
  name: "binaryCrossEntropy",
  takes: ["targets"],
  probabilities: true,
  part: (kernels, rows, columns, y, targets, _labelled, weights, total, dy) =>
    kernels.binaryCrossEntropyWithLogits(rows, columns, y, targets, weights, 1 / (total * columns), dy),
});

/**
 * For one class out of several. The outputs y are logits; with p = softmax(y), the mean over the examples of
 * `-log p[label]`, or of `-Σ_j t_j·log p_j` for targets t. As PyTorch's `CrossEntropyLoss`. With returns as the weights of
 * the examples, of either sign, it is the loss of REINFORCE.
 */
export function softmaxCrossEntropy(): Loss {
  return SOFTMAX_CROSS_ENTROPY;
}

/** For values: the mean over all elements of `(y - t)²`. As PyTorch's `MSELoss`. */
export function meanSquaredError(): Loss {
  return MEAN_SQUARED_ERROR;
}

/**
 * For yes or no, one or several at once. The outputs y are logits; with p = sigmoid(y), the mean over all elements of
 * `-t·log p - (1 - t)·log(1 - p)`. As PyTorch's `BCEWithLogitsLoss`.
 */
export function binaryCrossEntropy(): Loss {
  return BINARY_CROSS_ENTROPY;
}

export interface HuberOptions {
  /** Up to which distance the loss is a square, and beyond which a line; above 0. Default 1. */
  delta?: number | undefined;
}

/**
 * For values with outliers, and for the values of reinforcement learning: the mean over all elements of `½·e²` for a distance
 * `e = |y - t|` up to delta, of `delta·(e - ½·delta)` beyond. As PyTorch's `HuberLoss`; with a delta of 1 its `SmoothL1Loss`.
 *
 * @throws TypeError, RangeError for a bad option
 */
export function huber(options: HuberOptions = {}): Loss {
  checkFields("huber", "options", options, ["delta"]);
  const { delta = 1 } = options;
  checkFinite("huber", "delta", delta, "float32");
  if (!(Math.fround(delta) > 0)) throw new RangeError(`huber: delta must be above 0 in float32, got ${delta}`);
  return define({
    name: "huber",
    takes: ["targets"],
    probabilities: false,
    delta,
    part: (kernels, rows, columns, y, targets, _labelled, weights, total, dy) =>
      kernels.huber(rows, columns, y, targets, weights, delta, 1 / (total * columns), dy),
  });
}

/** What fits the examples if nobody says: classes or values. */
export function defaultLoss(examples: { readonly labels?: unknown }): Loss {
  return examples?.labels === undefined ? MEAN_SQUARED_ERROR : SOFTMAX_CROSS_ENTROPY;
}

const LOSSES: readonly Loss[] = [SOFTMAX_CROSS_ENTROPY, MEAN_SQUARED_ERROR, BINARY_CROSS_ENTROPY];

/** The ready loss of a name; undefined where there is none. */
export function lossNamed(name: unknown, delta?: number): Loss | undefined {
  return name === "huber" ? huber({ delta }) : LOSSES.find((each) => each.name === name);
}

/**
 * The loss of that name: what comes may be another copy's of the package, or a proxy.
 * @throws TypeError for anything else, such as the function that makes it
 */
export function readyLossOf(caller: string, value: unknown): Loss {
  const given = value as Loss;
  const name = ownKind(given) === LOSS ? given.name : undefined;
  const loss = lossNamed(name, name === "huber" ? given.delta : undefined);
  if (!loss) {
    throw new TypeError(`${caller}: loss must be a loss, such as softmaxCrossEntropy(), got ${kindOf(value)}`);
  }
  return loss;
}

const MAKERS: readonly unknown[] = [softmaxCrossEntropy, meanSquaredError, binaryCrossEntropy, huber];

/** As `readyLossOf`, or a function of the user's. */
export function lossOf<D extends DType>(caller: string, value: Loss | LossFunction<D>): Loss | LossFunction<D> {
  return typeof value === "function" && !MAKERS.includes(value) ? value : readyLossOf(caller, value);
}
