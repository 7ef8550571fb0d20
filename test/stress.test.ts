/** The stress program, as much of it as fits in the suite; `npm run stress` runs it for as long as one likes. */
import { expect, it } from "vitest";
import { stress } from "./stress/stress.js";

it("2,000 steps of layers and tensors in any order, with mistakes in between, keep to the model and give all memory back", () => {
  const { steps, peak } = stress(1, 2000);
  expect(steps).toBe(2000);
  expect(peak).toBeGreaterThan(0);
});
