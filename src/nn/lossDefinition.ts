/** What a ready loss is, for the functions that compute it. */
import type { Pointer } from "../kernels/abi.js";
import type { TypedNnKernels } from "../kernels/nn/abi.js";

export interface LossDefinition {
  readonly name: string;
  /** What it compares the outputs with. */
  readonly takes: readonly ("labels" | "targets")[];
  /** Whether its targets are probabilities. */
  readonly probabilities: boolean;
  /**
   * The share of a mean that the `rows` at `y` make up.
   *
   * @internal
   * @param targets their class numbers if `labelled`, or else their target outputs
   * @param weights what each row counts, float64; NONE: 1
   * @param total what all rows of the mean count together
   * @param dy where to put its gradient with respect to them; NONE: nowhere
   */
  readonly part: (
    kernels: TypedNnKernels,
    rows: number,
    columns: number,
    y: Pointer,
    targets: Pointer,
    labelled: boolean,
    weights: Pointer,
    total: number,
    dy: Pointer,
  ) => number;
}
