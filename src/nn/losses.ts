/** Loss functions. */
import { kindOf } from "../common/check.js";
import { KIND, ownKind } from "../common/own.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { TypedNnKernels } from "../kernels/nn/abi.js";

const LOSS = "loss";

/** What `softmaxCrossEntropy()` and its like return, for `fit` and `evaluate`. */
export interface Loss {
  /** @internal */
  readonly [KIND]: string;
  readonly name: string;
  /** What it compares the outputs with. */
  readonly takes: readonly ("labels" | "targets")[];
  /** Whether its targets are probabilities. */
  readonly probabilities: boolean;
  /**
   * The share of a mean over `examples` that the `rows` at `y` make up.
   *
   * @internal
   * @param targets their class numbers if `labelled`, or else their target outputs
   * @param dy where to put its gradient with respect to them; NONE: nowhere
   */
  readonly part: (
    kernels: TypedNnKernels,
    rows: number,
    columns: number,
    y: Pointer,
    targets: Pointer,
    labelled: boolean,
    examples: number,
    dy: Pointer,
  ) => number;
}

const SOFTMAX_CROSS_ENTROPY: Loss = {
  [KIND]: LOSS,
  name: "softmaxCrossEntropy",
  takes: ["labels", "targets"],
  probabilities: true,
  part: (kernels, rows, columns, y, targets, labelled, examples, dy) =>
    labelled
      ? kernels.softmaxCrossEntropy(rows, columns, y, targets, NONE, 1 / examples, dy)
      : kernels.softmaxCrossEntropyTargets(rows, columns, y, targets, NONE, 1 / examples, dy),
};

const MEAN_SQUARED_ERROR: Loss = {
  [KIND]: LOSS,
  name: "meanSquaredError",
  takes: ["targets"],
  probabilities: false,
  part: (kernels, rows, columns, y, targets, _labelled, examples, dy) =>
    kernels.squaredError(rows, columns, y, targets, NONE, 2 / (examples * columns), dy),
};

const BINARY_CROSS_ENTROPY: Loss = {
  [KIND]: LOSS,
  name: "binaryCrossEntropy",
  takes: ["targets"],
  probabilities: true,
  part: (kernels, rows, columns, y, targets, _labelled, examples, dy) =>
    kernels.binaryCrossEntropyWithLogits(rows, columns, y, targets, NONE, 1 / (examples * columns), dy),
};

/**
 * For one class out of several. The outputs y are logits; with p = softmax(y), the mean over the examples of
 * `-log p[label]`, or of `-Σ_j t_j·log p_j` for targets t. As PyTorch's `CrossEntropyLoss`.
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

/** What fits the examples if nobody says: classes or values. */
export function defaultLoss(examples: { readonly labels?: unknown }): Loss {
  return examples?.labels === undefined ? MEAN_SQUARED_ERROR : SOFTMAX_CROSS_ENTROPY;
}

const LOSSES: readonly Loss[] = [SOFTMAX_CROSS_ENTROPY, MEAN_SQUARED_ERROR, BINARY_CROSS_ENTROPY];

/**
 * The loss of that name: what comes may be another copy's of the package, or a proxy.
 * @throws TypeError for anything else, such as the function that makes it
 */
export function lossOf(caller: string, value: Loss): Loss {
  const name = ownKind(value) === LOSS ? value.name : undefined;
  const loss = LOSSES.find((each) => each.name === name);
  if (!loss) throw new TypeError(`${caller}: loss must be a loss, such as softmaxCrossEntropy(), got ${kindOf(value)}`);
  return loss;
}
