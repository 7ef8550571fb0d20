/** Which internals a network has: for functions that take one, of whatever specifications it was made. */
import type { DType } from "../common/dtype.js";
import type { NetworkInternals } from "./internals.js";

const known = new WeakMap<object, NetworkInternals<DType>>();

export function registerNetwork(net: object, internals: NetworkInternals<DType>): void {
  known.set(net, internals);
}

/** Undefined for anything but a Sequential of this copy of the package itself; proxies are none. */
export function internalsOf(net: unknown): NetworkInternals<DType> | undefined {
  return typeof net === "object" && net !== null ? known.get(net) : undefined;
}
