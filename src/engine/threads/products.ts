/** Products that the caller's thread computes together with helpers. When a call returns, all of C is there. */
import type { Gemm, Kernels, Pointer } from "../../kernels/abi.js";
import type { Jobs, MaybeShared, Owner, Plan } from "../parallel.js";
import { cutsFor, leastWork, rateOf } from "./policy.js";
import { type Product, writeCalls } from "./tiles.js";

/**
 * The products of a module, shared with the helpers.
 *
 * @param jobs of its kernels gemmF32 and gemmF64
 * @param owner of the memory: where copies of C are made, for products that start from C
 */
export function shareProducts(
  jobs: Jobs,
  kernels: Kernels,
  owner: Owner,
): Pick<MaybeShared, "gemmF32" | "gemmF64" | "least"> {
  // That of float32 for both types: layers ask for one number, before they know which kernel they need.
  const least = leastWork(rateOf(kernels.variant.value, 0));
  return { gemmF32: sharing(kernels.gemmF32, 0), gemmF64: sharing(kernels.gemmF64, 1), least };

  function sharing(alone: Gemm, double: 0 | 1): Gemm {
    const kernel = 2 * jobs.module + double;
    const rate = rateOf(kernels.variant.value, double);
    const nr = double ? kernels.nrF64.value : kernels.nrF32.value;
    // Most calls are small: what they cost more than `alone` is one comparison.
    return (m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch) => {
      let plan: Plan | undefined;
      if (m * n * k >= least) {
        // Sizes, types and modules tell products apart.
        plan = jobs.plan(m + 2 ** 16 * n + 2 ** 32 * k + kernel / 64, (m * n * k) / rate);
        if ((plan?.threads as number) > 1) {
          const operands: Product = [m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch];
          if (share(kernel, operands, plan as Plan, nr)) return;
        }
      }
      alone(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch);
      if (plan) jobs.settle(plan, performance.now());
    };
  }

  /** Computes a product with helpers. False, with nothing done, if it is too small for tiles, or there is no room for a copy. */
  function share(kernel: number, product: Product, plan: Plan, nr: number): boolean {
    const [m, n, , , , , , , csb, init, , c, rsc] = product;
    // Elements of a row of B that touch: 4 bytes apart, or 8.
    const cuts = cutsFor(plan.tiles, m, n, kernels.mr.value, nr, csb < 9);
    const tiles = cuts[0] * cuts[1];
    if (tiles < 2) return false;
    let copy: Pointer | undefined;
    // A product that adds to C overwrites what it starts from: it starts from a copy, so that a tile can be computed again.
    if (init === c) {
      try {
        copy = owner.allocate?.(m * rsc);
      } catch {}
      if (!copy) return false;
      new Uint8Array(owner.buffer as ArrayBuffer).copyWithin(copy, c, c + m * rsc);
      product[9] = copy;
    }
    try {
      writeCalls(jobs.calls, kernel, product, cuts);
      // A helper that is late may still write to its tile: so long, C and what it starts from are not handed out again.
      jobs.run(plan, tiles, () => owner.withhold([product[9], c]), jobs.redo);
    } finally {
      if (copy) owner.free?.(copy);
    }
    return true;
  }
}
