/** Which products are shared, and in which tiles: jobs and kernels are stand-ins that only take note. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Jobs, Plan } from "../../../src/engine/parallel.js";
import { CALL } from "../../../src/engine/threads/control.js";
import { TEST } from "../../../src/engine/threads/policy.js";
import { shareProducts } from "../../../src/engine/threads/products.js";
import type { Kernels } from "../../../src/kernels/abi.js";

const { factor } = TEST;
beforeEach(() => {
  // As it is outside of tests.
  TEST.factor = 1;
});
afterEach(() => {
  TEST.factor = factor;
});

const PLAN: Plan = { product: 1, start: 0, time: 1, threads: 2, tiles: 6, wake: 0 };

function make() {
  const gemm = vi.fn();
  const sizes = { variant: { value: 1 }, mr: { value: 4 }, nrF32: { value: 8 }, nrF64: { value: 4 } };
  const calls = new Float64Array(CALL * PLAN.tiles);
  const tiles: [height: number, width: number][] = [];
  const jobs = {
    module: 0,
    calls,
    plan: vi.fn((): Plan | undefined => PLAN),
    settle: vi.fn(),
    run: (_: Plan, count: number) => {
      for (let at = 0; at < count * CALL; at += CALL) tiles.push([calls[at + 1] as number, calls[at + 2] as number]);
    },
    redo: vi.fn(),
  } satisfies Jobs;
  const kernels = { ...sizes, gemmF32: gemm, gemmF64: gemm } as unknown as Kernels;
  return { gemm, jobs, tiles, ...shareProducts(jobs, kernels, { withhold: () => () => {} }) };
}

/** C m × n; rows of B are contiguous, or its columns. */
function multiply(gemmF32: Kernels["gemmF32"], [m, n, k]: [number, number, number], rows: boolean): void {
  const [rsb, csb] = rows ? [4 * n, 4] : [4, 4 * k];
  gemmF32(m, n, k, 64, 4 * k, 4, 64, rsb, csb, 0, 0, 64, 4 * n, 0, 64);
}

it("cuts a low C along its rows where the kernel reads B in place, along its columns where it has to pack it", () => {
  const { gemmF32, tiles } = make();
  multiply(gemmF32, [120, 384, 500], true);
  expect(tiles.splice(0)).toEqual(Array(6).fill([20, 384]));
  multiply(gemmF32, [120, 384, 500], false);
  expect(tiles).toEqual(Array(6).fill([120, 64]));
});

it("asks nobody about a product of fewer multiply-adds than `least`, which layers go by, too", () => {
  const { gemmF32, gemm, jobs, tiles, least = 0 } = make();
  expect(least).toBeGreaterThan(1000);
  multiply(gemmF32, [1, 1, least - 1], true);
  expect(gemm).toHaveBeenCalledOnce();
  expect(jobs.plan).not.toHaveBeenCalled();
  multiply(gemmF32, [16, 16, least / 256], true);
  expect(jobs.plan).toHaveBeenCalledOnce();
  expect(tiles.length).toBeGreaterThan(1);
});

it("has this thread compute alone what nobody can help with, and tells what it took if it was planned so", () => {
  const { gemmF32, gemm, jobs, tiles } = make();
  jobs.plan.mockReturnValueOnce(undefined);
  multiply(gemmF32, [120, 384, 500], true);
  expect(jobs.settle).not.toHaveBeenCalled();
  jobs.plan.mockReturnValueOnce({ ...PLAN, threads: 1 });
  multiply(gemmF32, [120, 384, 500], true);
  expect(jobs.settle).toHaveBeenCalledOnce();
  expect(gemm).toHaveBeenCalledTimes(2);
  expect(tiles).toEqual([]);
});
