/** The garbage collector on demand, in the three engines that run these files. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects all garbage now. */
export const gc: () => void = findGc();

function findGc(): () => void {
  const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } };
  if (Bun) return () => Bun.gc(true);
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

/** Collects, and lets finalisers run, until `done`, but no more than `rounds` times. Returns whether it came to that. */
export async function collectUntil(done: () => boolean, rounds = 100): Promise<boolean> {
  for (let round = 0; round < rounds && !done(); round++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return done();
}
