/** Getting the engine's optimising compiler done with. */

import { checkChoice, checkFinite } from "../common/check.js";
import { DTYPES, type DType, elementBytes } from "../common/dtype.js";
import { repeatFor } from "../common/repeat.js";
import { backendInUse } from "../engine/start.js";
import { backwardPass, emptyPass, forwardPass } from "./passes.js";

/** Wide enough for whole and ragged tiles; the batches below have row tiles of every height, and one row alone. */
const [IN, OUT, BATCHES] = [70, 45, 12];

/**
 * Engines start WebAssembly in quick but slow code and replace it, function by function, once it has run for a while: in
 * V8 a layer's first ten to twenty calls. `warmup` runs all kernels of an element type for `milliseconds`, on memory of
 * its own, so that a frame-critical loop starts at full speed.
 *
 * @throws TypeError, RangeError for an unknown dtype, a `milliseconds` that is no finite number, or no memory left
 */
export function warmup(dtype: DType = "float32", milliseconds = 30): void {
  checkChoice("warmup", "dtype", dtype, DTYPES);
  checkFinite("warmup", "milliseconds", milliseconds, "float64");
  const backend = backendInUse();
  const { heap, kernels } = backend;
  const rows = BATCHES * (IN + OUT);
  const length = 2 * rows + 2 * (IN * OUT + OUT);
  const at = heap.allocate(length * 8, "warmup");
  heap.view(dtype, at, length).fill(1);
  const size = elementBytes(dtype);
  let next = at;
  const take = (elements: number) => {
    next += elements * size;
    return next - elements * size;
  };
  const operands = {
    x: take(BATCHES * IN),
    dx: take(BATCHES * IN),
    y: take(BATCHES * OUT),
    dy: take(BATCHES * OUT),
    weight: take(IN * OUT),
    dWeight: take(IN * OUT),
    bias: take(OUT),
    dBias: take(OUT),
  };
  repeatFor(milliseconds, () => {
    for (let batch = 1; batch <= BATCHES; batch++) {
      const pass = { ...emptyPass({ batch, inFeatures: IN, outFeatures: OUT }), ...operands };
      forwardPass(backend, dtype, pass, true);
      backwardPass(backend, dtype, pass, false);
      kernels[dtype].maskGradient(batch * OUT, pass.y, pass.dy, pass.dy);
      kernels[dtype].axpy(IN * OUT, 0, pass.dWeight, pass.weight);
    }
    return true;
  });
  heap.free(at);
}
