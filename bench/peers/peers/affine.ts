/** affine-wasm through its public API, with every array inside the module's memory. */
import { Affine, type backend, tensor } from "../../../dist/index.js";
import type { Problem } from "../../common/problem.ts";
import { type Layer, local } from "../peer.ts";

export type Variant = ReturnType<typeof backend>;

export function openAffine({ batch, inFeatures, outFeatures, ...operands }: Problem): Layer {
  const layer = new Affine(inFeatures, outFeatures, { seed: 1 });
  const [x, dx] = [tensor(batch * inFeatures), tensor(batch * inFeatures)];
  const [y, dy] = [tensor(batch * outFeatures), tensor(batch * outFeatures)];
  x.data.set(operands.x);
  dy.data.set(operands.dy);
  layer.weight.set(operands.weight);
  layer.bias?.set(operands.bias);
  // So that backward has a pass to go back through, whichever is timed first.
  layer.forward(x.data, y.data);
  return local({
    forward: () => void layer.forward(x.data, y.data),
    backward: () => void layer.backward(dy.data, { out: dx.data }),
    results: () => ({
      y: y.data.slice(),
      dx: dx.data.slice(),
      dWeight: layer.dWeight.slice(),
      dBias: layer.dBias?.slice() ?? new Float32Array(0),
    }),
    dispose: () => {
      for (const each of [layer, x, dx, y, dy]) each.dispose();
    },
  });
}
