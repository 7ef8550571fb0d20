/** The passes of all layers of a network. */
import type { DType } from "../../common/dtype.js";
import type { LayerLayout } from "../layers/layout.js";
import type { ParameterBlock } from "../parameterBlock.js";
import type { Runtime } from "../runtime.js";
import { DensePass } from "./dense.js";
import { DropoutPass, type MaskState } from "./dropout.js";
import { LayerNormPass } from "./layerNorm.js";
import type { LayerPass } from "./pass.js";

export function passesOf<D extends DType>(
  runtime: Runtime,
  parameters: ParameterBlock<D>,
  layouts: readonly LayerLayout[],
  masks: MaskState,
): LayerPass<D>[] {
  return layouts.map((layer) => {
    if (layer.kind === "dense") return new DensePass(runtime, parameters, layer);
    if (layer.kind === "layerNorm") return new LayerNormPass(runtime, parameters, layer);
    return new DropoutPass(runtime, parameters.dtype, layer, masks);
  });
}
