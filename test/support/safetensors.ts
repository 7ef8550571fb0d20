/** How many cases the tests of the codec run, and which; settable from outside. */
import { setting } from "./environment.js";

export const property = (runs = 200) => ({
  numRuns: Number(setting("AFFINE_RUNS") ?? runs),
  seed: Number(setting("AFFINE_SEED") ?? 1),
});
