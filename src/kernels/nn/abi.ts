/**
 * What a binary of the kernels beside the layer exports: the TypeScript side of `assembly/exports/nn.ts`. A test holds the
 * two together.
 *
 * As in `../abi.ts`, pointers are in bytes, counts in elements, matrices row-major and contiguous, and `NONE` stands for
 * "none". The module imports its memory and owns none; it needs no scratch space. Operands come first, then scalars, then
 * results. Scalars are float64 whatever the elements are.
 */
import type { Constant, Pointer } from "../abi.js";
import { type ByType, type Exported, kernelsByType } from "../byType.js";

/**
 * `y[i] = act(z[i])`; `y` may be `z`.
 *
 * @param kind an index into `ACTIVATION_NAMES`
 * @param parameter the slope of "leakyRelu" or the alpha of "elu", > 0; without meaning for the others
 */
export type Activate = (kind: number, length: number, z: Pointer, y: Pointer, parameter: number) => void;

/** `out[i] = dy[i]·act'(z[i])`, computed from y or z as `ACTIVATIONS` says; `out` may be either operand. */
export type ActivationGradient = (
  kind: number,
  length: number,
  yOrZ: Pointer,
  dy: Pointer,
  out: Pointer,
  parameter: number,
) => void;

/** `p[r][j] = exp(z[r][j]) / Σ_k exp(z[r][k])`; `p` may be `z`. */
export type Softmax = (rows: number, columns: number, z: Pointer, p: Pointer) => void;

/**
 * Returns `L = scale·Σ_r weights[r]·(log Σ_k exp(z[r][k]) - z[r][label[r]])`, the mean over the rows for a scale of 1/rows,
 * and writes its gradient `dz[r][j] = scale·weights[r]·(softmax(z[r])[j] - (j is label[r] ? 1 : 0))`.
 *
 * @param labels int32, each in 0 … columns-1: not checked
 * @param weights float64, of any sign; NONE: all are 1. A row with a weight of 0 counts for nothing, whatever it holds
 * @param dz may be `z`; NONE for only the loss
 */
// biome-ignore format: operand by operand
export type SoftmaxCrossEntropy = (
  rows: number, columns: number, z: Pointer, labels: Pointer, weights: Pointer,
  scale: number, dz: Pointer,
) => number;

/**
 * Returns `L = scale·Σ_r weights[r]·Σ_j t[r][j]·(log Σ_k exp(z[r][k]) - z[r][j])` for targets of any sum, and writes its
 * gradient `dz[r][j] = scale·weights[r]·(softmax(z[r])[j]·Σ_k t[r][k] - t[r][j])`. A target of 0 adds 0, even where z is
 * -Infinity.
 *
 * @param weights as above
 * @param dz may be `z`; NONE for only the loss
 */
// biome-ignore format: operand by operand
export type SoftmaxCrossEntropyTargets = (
  rows: number, columns: number, z: Pointer, t: Pointer, weights: Pointer,
  scale: number, dz: Pointer,
) => number;

/**
 * A loss that is a sum over elements, those of a row times its weight: returns it, times `scale`, and writes its gradient.
 * `weights` are as above; `dy` may be `y` or `t`, or NONE for only the loss.
 */
// biome-ignore format: operand by operand
export type ElementLoss = (
  rows: number, columns: number, y: Pointer, t: Pointer, weights: Pointer,
  scale: number, dy: Pointer,
) => number;

/** As `ElementLoss`, with c = y - t limited to `delta` either way: `L = scale·Σ c·((y - t) - c/2)`, `dy = scale·c`. */
// biome-ignore format: operand by operand
export type Huber = (
  rows: number, columns: number, y: Pointer, t: Pointer, weights: Pointer,
  delta: number, scale: number, dy: Pointer,
) => number;

/**
 * `y[r][j] = weight[j]·(x[r][j] - mean(x[r])) / √(variance(x[r]) + epsilon) + bias[j]`, the variance being that of the
 * row's elements themselves (divided by `columns`, as PyTorch's). There must be a column, and `epsilon` must be > 0.
 *
 * @param y may be `x`
 * @param stats where to keep two float64 for each row, for `LayerNormGradient`; NONE: nowhere
 */
// biome-ignore format: operand by operand
export type LayerNorm = (
  rows: number, columns: number, x: Pointer, weight: Pointer, bias: Pointer,
  epsilon: number, y: Pointer, stats: Pointer,
) => void;

/**
 * The gradients of `LayerNorm`.
 *
 * @param stats what the forward pass kept
 * @param dx may be `dy`; NONE: not wanted
 * @param dWeight NONE: neither it nor dBias is wanted
 * @param accumulate 1: they are added to what is there
 */
// biome-ignore format: operand by operand
export type LayerNormGradient = (
  rows: number, columns: number, x: Pointer, weight: Pointer, dy: Pointer, stats: Pointer,
  dx: Pointer, dWeight: Pointer, dBias: Pointer, accumulate: number,
) => void;

/**
 * `y[r][j] = hash(seed, row + r, j) >= floor ? factor·x[r][j] : 0`, and so is the gradient from dy. What is dropped is 0
 * whatever it was.
 *
 * @param seed a whole number below 2³²
 * @param row the number of the first row, a whole number up to 2⁵³
 * @param floor 2³² times the part that is dropped
 * @param y may be `x`
 */
// biome-ignore format: operand by operand
export type Dropout = (
  rows: number, columns: number, x: Pointer,
  seed: number, row: number, floor: number, factor: number, y: Pointer,
) => void;

/**
 * How many rows of z have their largest element, the first of equals, at their label. A row with a NaN has none.
 *
 * @param labels int32, each in 0 … columns-1: not checked
 */
export type CountCorrect = (rows: number, columns: number, z: Pointer, labels: Pointer) => number;

/** As `CountCorrect`, the label of a row being where its target is largest. */
export type CountCorrectTargets = (rows: number, columns: number, z: Pointer, t: Pointer) => number;

/** How many elements of z are positive where t is above ½, and not where it is not; a NaN is neither. */
export type CountCorrectSides = (length: number, z: Pointer, t: Pointer) => number;

/**
 * A step of gradient descent, as PyTorch's SGD with a dampening of 0:
 * `g' = g + decay·w;  v = momentum·v + g';  w -= rate·(nesterov ? g' + momentum·v : v)`.
 *
 * @param v the velocity, zeros before the first step; NONE for `w -= rate·g'`
 * @param nesterov 0 or 1
 */
export type Sgd = (
  length: number,
  w: Pointer,
  g: Pointer,
  v: Pointer,
  rate: number,
  momentum: number,
  decay: number,
  nesterov: number,
) => void;

/**
 * A step of Adam (Kingma and Ba, 2015), or of AdamW (Loshchilov and Hutter, 2019) where `decoupled` is 1, as PyTorch's:
 * `g' = g + decay·w`, or with decoupled decay `w *= 1 - rate·decay; g' = g`;
 * `m += (1 - beta1)·(g' - m);  v = beta2·v + (1 - beta2)·g'²;  w -= rate/correction1·m / (√(v/correction2) + epsilon)`.
 *
 * @param m the first moment, zeros before the first step
 * @param v the second moment, likewise
 * @param decoupled 0 or 1
 * @param correction1 `1 - beta1^t` at step t = 1, 2, …
 * @param correction2 `1 - beta2^t`
 */
export type Adam = (
  length: number,
  w: Pointer,
  g: Pointer,
  m: Pointer,
  v: Pointer,
  rate: number,
  beta1: number,
  beta2: number,
  epsilon: number,
  decay: number,
  decoupled: number,
  correction1: number,
  correction2: number,
) => void;

/**
 * A pass of `op` over a tile of elements, as `assembly/nn/tile.ts` tells: Adam, AdamW, SGD, from 3 on activations, from 16 on their
 * gradients. By way of `scratch`, or in place for NONE.
 */
// biome-ignore format: operand by operand
export type Tile = (
  op: number, length: number, p: Pointer, q: Pointer, r: Pointer, s: Pointer,
  a: number, b: number, c: number, d: number, e: number, f: number, g: number,
  gate: Pointer, scratch: Pointer,
) => void;

/** Returns `Σ x[i]²`, added up in float64. */
export type SumOfSquares = (length: number, x: Pointer) => number;

/** `x[i] *= factor`. */
export type Scale = (length: number, factor: number, x: Pointer) => void;

/**
 * `out[r] = source[index[r]]`, rows of `bytes` bytes each; `out` must not overlap `source`.
 *
 * @param indices int32: not checked
 */
export type GatherRows = (rows: number, bytes: number, source: Pointer, indices: Pointer, out: Pointer) => void;

/** Copies bytes; the two must not overlap. */
export type CopyBytes = (bytes: number, source: Pointer, out: Pointer) => void;

/** The kernels for one element type. */
export interface TypedNnKernels {
  readonly activate: Activate;
  readonly activationGradient: ActivationGradient;
  readonly softmax: Softmax;
  readonly softmaxCrossEntropy: SoftmaxCrossEntropy;
  readonly softmaxCrossEntropyTargets: SoftmaxCrossEntropyTargets;
  /** `L = scale·Σ ½(y[i] - t[i])²`, `dy[i] = scale·(y[i] - t[i])`: the mean squared error for a scale of 2/length. */
  readonly squaredError: ElementLoss;
  /** `L = scale·Σ (log(1 + exp(y[i])) - t[i]·y[i])`, `dy[i] = scale·(sigmoid(y[i]) - t[i])`, y being logits. */
  readonly binaryCrossEntropyWithLogits: ElementLoss;
  readonly huber: Huber;
  readonly layerNorm: LayerNorm;
  readonly layerNormGradient: LayerNormGradient;
  readonly dropout: Dropout;
  readonly countCorrect: CountCorrect;
  readonly countCorrectTargets: CountCorrectTargets;
  readonly countCorrectSides: CountCorrectSides;
  readonly sgd: Sgd;
  readonly adam: Adam;
  readonly tile: Tile;
  readonly sumOfSquares: SumOfSquares;
  readonly scale: Scale;
}

/** The typed exports of a binary: `activateF32`, `activateF64`, and so on. */
export interface NnKernels extends Exported<TypedNnKernels> {
  readonly gatherRows: GatherRows;
  readonly copyBytes: CopyBytes;
  /** Which build it is: an index into `NN_VARIANTS`. */
  readonly variant: Constant;
}

/** The builds, by the number that each carries as its `variant`. Both give the same bits, on every machine. */
export const NN_VARIANTS = ["scalar", "simd"] as const;

export type NnVariant = (typeof NN_VARIANTS)[number];

/** Groups a binary's exports by element type. */
export function typedNnKernels(kernels: NnKernels): ByType<TypedNnKernels> {
  return kernelsByType<TypedNnKernels>(kernels);
}
