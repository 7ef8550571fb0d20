/** The roofline: the most that 128-bit SIMD can do on this core, measured in the same run as everything else. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { instantiateSync } from "@assemblyscript/loader";
import { main } from "assemblyscript/asc";
import type { DType } from "../../src/entries/index.js";

/** Multiply-adds as two instructions, and fused in one; the second only where the engine has relaxed SIMD. */
export type Roof = "simd" | "relaxed";

const STEPS = 200_000;
const SUMS = 12;
const WARM = 200;

/**
 * GFLOP/s of the register-only kernel, or null if this engine cannot run it. A multiplication and an addition are two
 * operations. The median of many short runs, as for all that is compared with it.
 */
export async function roofline(roof: Roof, dtype: DType = "float32"): Promise<number | null> {
  const bytes = await compile(roof);
  if (!WebAssembly.validate(bytes)) return null;
  const kernels = instantiateSync<Record<DType, (steps: number, value: number) => number>>(bytes).exports;
  const lanes = dtype === "float32" ? 4 : 2;
  const run = kernels[dtype];
  // The first runs are the baseline compiler's.
  const seconds = Array.from({ length: WARM + 200 }, () => {
    const start = performance.now();
    run(STEPS, 1e-3);
    return (performance.now() - start) / 1000;
  }).slice(WARM);
  const median = seconds.sort((a, b) => a - b)[100] as number;
  return (2 * STEPS * SUMS * lanes) / median / 1e9;
}

export async function compile(roof: Roof): Promise<Uint8Array<ArrayBuffer>> {
  const folder = fileURLToPath(new URL("roofline/", import.meta.url));
  const { error, stderr } = await main(["--config", `${folder}asconfig.json`, "--baseDir", folder, "--target", roof]);
  if (error) throw new Error(`roofline: ${stderr.toString()}`, { cause: error });
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../../build/roofline-${roof}.wasm`, import.meta.url))));
}
