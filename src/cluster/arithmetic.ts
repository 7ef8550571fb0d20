/** Whose bits go together. */
import { backendInUse } from "../engine/start.js";

/** Whether a machine's multiply-add rounds once or twice: machines that differ in it must not share a run. */
export type Arithmetic = "fused" | "unfused";

/**
 * What the kernels in use do here, found by a product whose last bit tells: 16,777,218·3 + 3 is 50,331,657, which float32
 * rounds to 50,331,656; rounded before the 3 is added, it is 50,331,660.
 */
export function arithmeticInUse(): Arithmetic {
  const { heap, kernels, scratch } = backendInUse();
  const at = heap.allocate(4 * 64, "serveTraining");
  try {
    const [a, b, init, c] = [at, at + 64, at + 128, at + 192];
    heap.view("float32", a, 1).fill(16777218);
    heap.view("float32", b, 1).fill(3);
    heap.view("float32", init, 1).fill(3);
    kernels.float32.gemm(1, 1, 1, a, 4, 4, b, 4, 4, init, 0, c, 4, 0, scratch);
    return heap.view("float32", c, 1)[0] === Math.fround(16777218 * 3 + 3) ? "fused" : "unfused";
  } finally {
    heap.free(at);
  }
}
