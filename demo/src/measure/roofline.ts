/** The most that 128-bit SIMD does in this browser: the register-only kernel of `bench/common/roofline`. */
import relaxedUrl from "../../generated/roofline-relaxed.wasm?url";
import simdUrl from "../../generated/roofline-simd.wasm?url";
import { secondsOf } from "./timing.ts";

const STEPS = 100_000;
/** Twelve multiply-adds of four lanes. */
const OPERATIONS_PER_STEP = 12 * 4 * 2;

/** GFLOP/s in float32, fused where the engine has relaxed SIMD. @throws Error if it has no SIMD */
export async function roofline(tick: number): Promise<{ fused: boolean; gflops: number }> {
  for (const [fused, url] of [
    [true, relaxedUrl],
    [false, simdUrl],
  ] as const) {
    const bytes = await (await fetch(url)).arrayBuffer();
    if (!WebAssembly.validate(bytes)) continue;
    // Names what the module imports for its assertions, which this build leaves out.
    const { instance } = await WebAssembly.instantiate(bytes, {});
    const run = instance.exports.float32 as (steps: number, value: number) => number;
    const [seconds] = secondsOf([() => void run(STEPS, 1e-3)], 300, tick) as [number];
    return { fused, gflops: (STEPS * OPERATIONS_PER_STEP) / seconds / 1e9 };
  }
  throw new Error("this browser has no WebAssembly SIMD");
}
