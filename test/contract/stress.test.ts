/** The stress program, as much of it as fits in the suite; `npm run stress` runs it for as long as one likes. */
import { Affine, type Tensor, tensor } from "affine-wasm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { StressFailure } from "./stress/failure.js";
import { stressNetworks } from "./stress/networks.js";
import { stress } from "./stress/stress.js";

it("2,000 steps of layers and tensors in any order, with mistakes in between, keep to the model and give all memory back", () => {
  const { steps, peak } = stress(1, 2000);
  expect(steps).toBe(2000);
  expect(peak).toBeGreaterThan(0);
});

it("300 operations of networks that end in the middle leave bystanders as they were, and give all memory back", async () => {
  const { steps, bits } = await stressNetworks(1, 300);
  expect(steps).toBe(300);
  expect(new Set(bits).size).toBeGreaterThan(200);
});

describe("the stress program notices", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Asked before each step whether to go on, so it is there to do harm. */
  function failureWith(harm: () => void): StressFailure {
    let thrown: unknown;
    try {
      stress(1, 2000, () => {
        harm();
        return false;
      });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(StressFailure);
    return thrown as StressFailure;
  }

  it("64 bytes that do not come back", () => {
    const kept: Tensor[] = [];
    const failure = failureWith(() => kept.length > 0 || kept.push(tensor(16)));
    expect(failure.message).toMatch(/^step 250, .*: 64 bytes did not come back$/);
    expect(failure.steps).toBe(250);
    for (const each of kept) each.dispose();
  });

  it("a step that does nothing", () => {
    vi.spyOn(Affine.prototype, "step").mockImplementation(() => {});
    expect(failureWith(() => {}).message).toMatch(/^step \d+, step: /);
  });

  it("a mistake that passes", () => {
    const { step } = Affine.prototype;
    vi.spyOn(Affine.prototype, "step").mockImplementation(function (this: Affine, rate: number) {
      if (rate !== Number.POSITIVE_INFINITY) step.call(this, rate);
    });
    const { message } = failureWith(() => {});
    expect(message).toMatch(/^step \d+, a mistake: mistake \d+: expected a RangeError of step, got undefined$/);
  });

  it("a weight that changes by itself", () => {
    const layers: Affine[] = [];
    const { forward } = Affine.prototype;
    vi.spyOn(Affine.prototype, "forward").mockImplementation(function (this: Affine, ...operands) {
      if (this.inFeatures * this.outFeatures > 1) layers.push(this);
      return forward.apply(this, operands);
    });
    const failure = failureWith(() => {
      const layer = layers.shift();
      if (layer) layer.weight[1] = 9;
    });
    expect(failure.message).toMatch(/^step \d+, [^:]*: weight: element 1 is 9, expected /);
  });

  it("a mistake after which memory is kept", () => {
    vi.spyOn(Affine.prototype, "dispose").mockImplementation(() => {});
    expect(failureWith(() => {}).message).toMatch(/^step \d+, a mistake: \d+ bytes kept after an error$/);
  });
});
