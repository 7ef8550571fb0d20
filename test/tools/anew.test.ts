/** What tests of threads do on a busy machine, the machine played. */
import { afterEach, expect, it, vi } from "vitest";
import { anewWhileBusy, enableAll } from "../../tools/anew.js";

const LATE = "1 of 2 helper threads did not start within 950 ms";
const log = vi.spyOn(console, "log").mockImplementation(() => {});
afterEach(() => log.mockClear());

it("enables threads again where helpers were late, and says so", async () => {
  const reasons = [LATE, "helper threads did not start within 950 ms", null];
  const enableThreads = vi.fn(async () => ({ wanted: 3, online: 3, reason: reasons.shift() as string | null }));
  const [stopThreads, givenUp] = [vi.fn(), vi.fn()];
  await enableAll({ enableThreads, stopThreads }, 3, "script.js", givenUp);
  expect(enableThreads.mock.calls).toEqual(Array(3).fill([{ threads: 3, workerUrl: "script.js" }]));
  expect([stopThreads, givenUp].map(({ mock }) => mock.calls.length)).toEqual([2, 2]);
  expect(log.mock.calls.flat()[0]).toBe(`attempt 1 of 20 on a busy machine: ${LATE}; begun anew`);
});

it("fails where they stay late, and says how often they did", async () => {
  const attempt = vi.fn(() => LATE);
  await expect(anewWhileBusy(attempt, (reason) => reason)).rejects.toThrow(
    `attempt 20 of 20 on a busy machine: ${LATE}`,
  );
  expect(attempt).toHaveBeenCalledTimes(20);
});

it("tries nothing else twice: an attempt that throws, another reason, threads that are missing without one", async () => {
  const failing = vi.fn(() => {
    throw new Error(LATE);
  });
  await expect(anewWhileBusy(failing, () => null)).rejects.toThrow(LATE);
  expect(failing).toHaveBeenCalledTimes(1);
  const stopThreads = vi.fn();
  for (const reason of ["a helper thread has ended: it was ended", null]) {
    const enableThreads = vi.fn(async () => ({ wanted: 2, online: 1, reason }));
    await expect(enableAll({ enableThreads, stopThreads }, 2)).rejects.toThrow("2 threads asked for");
    expect(enableThreads).toHaveBeenCalledTimes(1);
  }
  expect(stopThreads).not.toHaveBeenCalled();
});
