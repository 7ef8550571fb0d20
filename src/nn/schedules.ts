/** Learning rates that change as training goes on. */

import { checkCount, checkWhole, kindOf } from "../common/check.js";
import { checkRange } from "../common/checkOptions.js";
import type { DType } from "../common/dtype.js";
import { checkOptions } from "./checkOptions.js";

/** What a schedule may want to know of the run that it is part of. */
export interface Run {
  /** Steps of all epochs. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
}

/** The learning rate of a step, counted from 0 at the start of the run. Any function will do. */
export type Schedule = (step: number, run: Run) => number;

/** What a schedule is told where steps are done by hand: there is no run, and its length is not known. */
export const BY_HAND: Run = Object.freeze({
  get totalSteps(): number {
    throw new RangeError(
      "step: the schedule depends on the length of a run, which steps by hand do not have; say how long it is, as in " +
        "cosine({ from, steps: 1000 })",
    );
  },
  get stepsPerEpoch(): number {
    throw new RangeError(
      "step: the schedule counts in epochs, which steps by hand do not have; count in steps, as in " +
        "cosine({ from, steps: 1000 }) or steps({ from, factor, every: 100 })",
    );
  },
});

export interface CosineOptions {
  /** The rate at the start, after the warm-up. */
  from: number;
  /** The rate at the end. Default 0. */
  to?: number | undefined;
  /** Steps until `to` is reached, warm-up included; default: those of the run. */
  steps?: number | undefined;
  /** The same in epochs. */
  epochs?: number | undefined;
  /** Steps at the start in which the rate rises in a line to `from`. Default 0. */
  warmup?: number | undefined;
}

/**
 * Half a cosine: `η(s) = to + ½·(from − to)·(1 + cos(π·s / steps))`, then `to`. Loshchilov and Hutter, "SGDR", ICLR 2017.
 * In a warm-up of w steps it is `from·(s + 1) / w`, and s counts from its end.
 *
 * @throws TypeError, RangeError for a bad option
 */
export function cosine(options: CosineOptions): Schedule {
  checkOptions("cosine", options, ["from", "to", "steps", "epochs", "warmup"], "{ from: 0.1 }");
  const { from, to = 0, steps, epochs, warmup = 0 } = options;
  checkRange("cosine", "from", from);
  checkRange("cosine", "to", to);
  checkWhole("cosine", "warmup", warmup);
  checkOneUnit("cosine", "steps", steps, "epochs", epochs);
  return (step, run) => {
    const end = steps ?? (epochs === undefined ? run.totalSteps : epochs * run.stepsPerEpoch);
    if (step < warmup) return (from * (step + 1)) / warmup;
    if (step >= end) return to;
    return to + ((from - to) * (1 + Math.cos((Math.PI * (step - warmup)) / (end - warmup)))) / 2;
  };
}

export interface StepsOptions {
  /** The rate at the start. */
  from: number;
  /** What it is multiplied by. */
  factor: number;
  /** How many steps it holds for. */
  every?: number | undefined;
  /** The same in epochs. */
  everyEpochs?: number | undefined;
}

/**
 * A staircase: `η(s) = from·factor^⌊s / every⌋`.
 *
 * @throws TypeError, RangeError for a bad option
 */
export function steps(options: StepsOptions): Schedule {
  checkOptions("steps", options, ["from", "factor", "every", "everyEpochs"], "{ from: 0.1, factor: 0.5, every: 1000 }");
  const { from, factor, every, everyEpochs } = options;
  checkRange("steps", "from", from);
  checkRange("steps", "factor", factor);
  checkOneUnit("steps", "every", every, "everyEpochs", everyEpochs);
  if (every === undefined && everyEpochs === undefined) {
    throw new TypeError("steps: every or everyEpochs must say how long a rate holds");
  }
  return (step, run) => from * factor ** Math.floor(step / (every ?? (everyEpochs as number) * run.stepsPerEpoch));
}

/** A number stands for itself at every step. */
export function scheduleOf(caller: string, learningRate: number | Schedule): Schedule {
  if (typeof learningRate === "function") return learningRate;
  if (typeof learningRate !== "number") {
    throw new TypeError(`${caller}: learningRate must be a number or a schedule, got ${kindOf(learningRate)}`);
  }
  checkRange(caller, "learningRate", learningRate);
  return () => learningRate;
}

function checkOneUnit(caller: string, name: string, value: unknown, otherName: string, other: unknown): void {
  if (value !== undefined) checkCount(caller, name, value);
  if (other !== undefined) checkCount(caller, otherName, other);
  if (value !== undefined && other !== undefined) {
    throw new RangeError(`${caller}: ${name} and ${otherName} say the same thing: give one`);
  }
}

/** @throws TypeError, RangeError for what is no learning rate in that element type */
export function checkRate(caller: string, rate: unknown, dtype: DType, step: number): asserts rate is number {
  if (typeof rate !== "number") {
    throw new TypeError(`${caller}: the learning rate must be a number, got ${kindOf(rate)} at step ${step}`);
  }
  const rounded = dtype === "float32" ? Math.fround(rate) : rate;
  if (!(rounded >= 0 && rounded < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `${caller}: the learning rate must be at least 0 and finite in ${dtype}, got ${rate} at step ${step}`,
    );
  }
}
