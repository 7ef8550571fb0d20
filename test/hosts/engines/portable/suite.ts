/** The entry of the bundle: every test file of the suite, and what runs them. */

import { files } from "affine-wasm:tests";
import { type File, startTests, type Task, type VitestRunner } from "@vitest/runner";
import type { Order, Outcome, Suite } from "./order.js";

const TIMEOUT = 120_000;

const config: VitestRunner["config"] = {
  root: "/",
  setupFiles: [],
  name: undefined,
  passWithNoTests: false,
  testNamePattern: undefined,
  allowOnly: false,
  sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
  chaiConfig: undefined,
  maxConcurrency: 1,
  testTimeout: TIMEOUT,
  hookTimeout: TIMEOUT,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: false,
};

async function run(order: Order): Promise<Outcome> {
  (globalThis as unknown as { order: Order }).order = order;
  const { enableAsked } = await import("../../../support/allShared.js");
  await enableAsked();
  const { initSync } = await import("affine-wasm");
  initSync(undefined, { variant: order.variant });
  const load = async (file: string) => {
    await files[file]?.();
  };
  const outcome = { passed: 0, skipped: 0, failures: [] as string[] };
  for (const file of Object.keys(files)) {
    const results = await startTests([file], { config, importFile: load });
    for (const result of results) count(result, outcome);
  }
  return outcome;
}

function count(file: File, outcome: { passed: number; skipped: number; failures: string[] }): void {
  if (file.result?.errors?.length) outcome.failures.push(`${file.name}: ${file.result.errors[0]?.message}`);
  const visit = (task: Task, path: string) => {
    const name = `${path} > ${task.name}`;
    if (task.type === "suite") for (const each of task.tasks) visit(each, name);
    else if (task.result?.state === "pass") outcome.passed++;
    else if (task.result?.state === "fail") outcome.failures.push(`${name}: ${task.result.errors?.[0]?.message}`);
    else outcome.skipped++;
  };
  for (const task of file.tasks) visit(task, file.name);
}

const suite: Suite = {
  run,
  defaultVariant: async () => (await import("affine-wasm")).backend(),
  runnable: async () => (await import("./runnable.js")).runnableVariants(),
};
Object.assign(globalThis, { suite });
