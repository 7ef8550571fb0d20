/** What a network is made of, for the functions that work on one. */
import type { DType } from "../common/dtype.js";
import type { Chain } from "./chain.js";
import type { Inference } from "./inference.js";
import type { LayerLayout } from "./layers/layout.js";
import type { ParameterBlock } from "./parameterBlock.js";
import type { MaskState } from "./passes/dropout.js";
import type { Runtime } from "./runtime.js";

/** The element type of a network, and the columns of its inputs and outputs. */
export interface NetworkSizes<D extends DType> {
  readonly dtype: D;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

export interface NetworkInternals<D extends DType> extends NetworkSizes<D> {
  readonly runtime: Runtime;
  readonly parameters: ParameterBlock<D>;
  readonly layouts: readonly LayerLayout[];
  /** In training, and otherwise. */
  readonly chain: Chain<D>;
  readonly inference: Inference<D>;
  readonly masks: MaskState;
}
