/** Work that is repeated for a time, also where the clock stands still. */
import { backend, memoryUsage, warmup } from "affine-wasm";
import { expect, it, vi } from "vitest";
import { repeatFor } from "../../src/common/repeat.js";

it("repeatFor ends when the time has passed, when a round says so, and where the clock stands still", () => {
  let rounds = 0;
  expect(repeatFor(2, () => ++rounds > 0)).toBe(true);
  expect(rounds).toBeGreaterThan(0);
  expect(repeatFor(1e9, () => ++rounds < 0)).toBe(false);
  const stopped = vi.spyOn(performance, "now").mockReturnValue(7);
  expect(repeatFor(30, () => true)).toBe(true);
  stopped.mockRestore();
});

it("warmup ends in Cloudflare's workers, whose clock stands still while code runs", () => {
  backend();
  const { used } = memoryUsage();
  const stopped = vi.spyOn(performance, "now").mockReturnValue(7);
  warmup("float32", 1);
  stopped.mockRestore();
  expect(memoryUsage().used).toBe(used);
});
