/** The weights of one network for another. */
import { type DType, elementBytes } from "../common/dtype.js";
import { notOwn } from "../common/own.js";
import type { NetworkInternals } from "./internals.js";
import type { LayerLayout } from "./layers/layout.js";
import { internalsOf } from "./networks.js";

/**
 * @param ours the class of networks, for messages
 * @throws TypeError for what is no network, RangeError for one of other layers, ReferenceError for a disposed one
 */
export function copyWeights<D extends DType>(
  caller: string,
  network: NetworkInternals<D>,
  other: unknown,
  ours: { readonly prototype: object },
): void {
  const source = internalsOf(other);
  if (!source) throw notOwn(caller, "the other network", other, ours, "a Sequential");
  source.parameters.checkUsable(caller);
  const { parameters, layouts, runtime, dtype } = network;
  if (source.dtype !== dtype) {
    throw new RangeError(`${caller}: the other network is of ${source.dtype}, expected ${dtype}`);
  }
  const [here, there] = [layouts.map(shapeOf), source.layouts.map(shapeOf)];
  if (here.join() !== there.join()) {
    throw new RangeError(
      `${caller}: the other network has the layers ${there.join(", ")}, expected ${here.join(", ")}`,
    );
  }
  const bytes = parameters.layout.length * elementBytes(dtype);
  if (source.runtime === runtime) {
    if (source !== (network as NetworkInternals<DType>)) {
      runtime.copyBytes(bytes, source.parameters.values.pointer, parameters.values.pointer);
    }
    return;
  }
  parameters.values.peek().set(source.parameters.values.peek());
}

/** What decides which weights a layer has. */
function shapeOf({ kind, inFeatures, outFeatures, bias }: LayerLayout): string {
  return kind === "dense" ? `${inFeatures} × ${outFeatures}${bias ? "" : " without bias"}` : `${kind} of ${inFeatures}`;
}
