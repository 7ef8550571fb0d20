/** The packed library in a Node of its own: uncaught mistakes, flags and limits of the process, and both ways to load it. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { eachCase } from "../support/cases.js";

const project = inject("host");

/** Runs a script in the project; `shell` may set limits first. */
function run(script: string, { flags = "", shell = "", type = "module" } = {}) {
  const file = join(project, `script.${type === "module" ? "mjs" : "cjs"}`);
  writeFileSync(file, script);
  const command = `${shell} "${process.execPath}" ${flags} "${file}"`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8", cwd: project });
  return { status, stdout: stdout.trim(), stderr };
}

const FORWARD = `
import { Affine } from "affine-wasm";
console.log(new Affine(2, 1, { initializer: "zeros" }).forward(Float32Array.of(1, 2)).join());
`;

describe("in Node", () => {
  it("an uncaught mistake prints a short line of the source, not all of it", () => {
    const mistakes = [
      `import { Affine } from "affine-wasm"; new Affine(-1, 2);`,
      `import { init } from "affine-wasm"; await init(new Uint8Array(8));`,
      `import { Sequential } from "affine-wasm/nn"; new Sequential(2, []);`,
      `import { instantiateKernels } from "affine-wasm/kernels"; instantiateKernels(1);`,
    ];
    eachCase(mistakes, (script) => {
      const { status, stderr } = run(script);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^(Type|Range)?Error: (Affine|init|Sequential|instantiateKernels): /m);
      expect(stderr.length).toBeLessThan(3000);
    });
  });

  it("import and require work", () => {
    const required = `const { Affine } = require("affine-wasm"); console.log(new Affine(2, 1).outFeatures);`;
    expect(run(FORWARD).stdout).toBe("0");
    expect(run(required, { type: "commonjs" }).stdout).toBe("1");
  });

  it("without WebAssembly, one sentence says so", () => {
    const { status, stderr } = run(FORWARD, { flags: "--jitless" });
    expect(status).toBe(1);
    expect(stderr).toContain("Error: initSync: affine-wasm needs WebAssembly, which this JavaScript engine lacks");
  });

  // Of Linux, where V8 reserves 10 GiB of addresses for each memory.
  it.runIf(process.platform === "linux")("with few addresses, the error says what to do, and that helps", () => {
    const shell = "ulimit -v 4000000;";
    const { status, stderr } = run(FORWARD, { shell });
    expect(status).toBe(1);
    expect(stderr).toContain(
      "RangeError: initSync: out of memory: the engine refused to reserve addresses for a WebAssembly memory, even for one " +
        'of 64 MiB; a limit such as that of "ulimit -v" must leave V8 10 GiB of them, or Node be started with ' +
        "--disable-wasm-trap-handler",
    );
    expect(run(FORWARD, { shell, flags: "--disable-wasm-trap-handler" })).toMatchObject({ status: 0, stdout: "0" });
  });
});
