/** The variant `wide` from the main entry alone in the packed library, in Deno and Bun. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPacked } from "../../tools/packed.js";

const SCRIPT = `
import { initSync } from "affine-wasm";
import { instantiateKernels } from "affine-wasm/kernels";
for (const ask of [() => initSync(undefined, { variant: "wide" }), () => instantiateKernels(new WebAssembly.Memory({ initial: 1 }), "wide")]) {
  try {
    ask();
    console.log("there");
  } catch (error) {
    console.log(/cannot run variant "wide"$/.test(error.message) ? "there" : error.message);
  }
}`;

let project: ReturnType<typeof installPacked>;
beforeAll(() => {
  project = installPacked();
  writeFileSync(join(project.folder, "script.mjs"), SCRIPT);
});
afterAll(() => project?.remove());

describe("the variant wide", () => {
  it.each([
    ["deno", ["run", "--allow-all"]],
    ["bun", []],
  ] as const)("comes with the entries that start it, in %s", (name, args) => {
    const command = join(process.cwd(), "node_modules/.bin", name);
    const output = execFileSync(command, [...args, "script.mjs"], { cwd: project.folder, encoding: "utf8" });
    expect(output.trim().split("\n")).toEqual(["there", "there"]);
  });
});
