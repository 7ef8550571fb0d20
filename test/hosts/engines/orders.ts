/** What goes into a page or a worker, and what its outcomes come to. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Variant } from "../../../src/kernels/abi.js";
import type { Order, Outcome } from "./portable/order.js";

const SETTINGS = ["AFFINE_RUNS", "AFFINE_SEED", "AFFINE_PATH", "AFFINE_THREADS"];

/** An order for a variant, with the settings and outside cases that the environment names. */
export function orderFor(variant: Variant): Order {
  const settings = SETTINGS.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const folder = process.env.CONFORMANCE_DATA;
  const files = folder ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  const conformance = files.map((name) => [name, readFileSync(join(folder as string, name), "utf8")]);
  return { variant, settings: Object.fromEntries(settings), conformance: Object.fromEntries(conformance) };
}

/** The outcomes of several variants in one. */
export function sum(binaries: readonly Variant[], outcomes: readonly Outcome[]): Outcome {
  const total = (field: "passed" | "skipped") => outcomes.reduce((all, outcome) => all + outcome[field], 0);
  const failures = outcomes.flatMap((outcome, i) => outcome.failures.map((failure) => `${binaries[i]}: ${failure}`));
  return { passed: total("passed"), skipped: total("skipped"), failures };
}
