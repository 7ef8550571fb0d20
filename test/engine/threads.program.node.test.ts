/** Programs of their own that use `affine-wasm/threads`. */
import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { helperScript } from "../../src/engine/threads/helperScript.js";
import { anewWhileBusy, LATE } from "../../tools/anew.js";
import { binary } from "../support/environment.js";

let files = 0;

/** Runs a program on the built package, in this engine. Returns what it printed. */
async function run(program: string): Promise<string> {
  const file = join(process.cwd(), `threads-${process.pid}-${files++}.tmp.mjs`);
  writeFileSync(file, program);
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...runFlags, file], { timeout: 20_000 });
    return stdout + stderr;
  } finally {
    rmSync(file);
  }
}
/** Deno's rights. */
const runFlags = process.versions.deno ? ["run", "--allow-all"] : [];

describe.runIf(binary === "simd")("a program with threads", () => {
  it.each([
    ["helpers awake", ""],
    ["helpers asleep", "await new Promise((resolve) => setTimeout(resolve, 100));"],
  ])("ends by itself, %s", async (_, more) => {
    const program = `
      import { enableThreads, threads } from "./dist/threads.js";
      import { Affine } from "./dist/index.js";
      await enableThreads({ threads: 3 });
      console.log(threads().online);
      new Affine(500, 500).forward(new Float32Array(500 * 500));
      ${more}
      console.log("last line");`;
    const output = await anewWhileBusy(
      () => run(program),
      (said) => (LATE.test(said) ? said : null),
    );
    expect(output).toBe("3\nlast line\n");
  });

  it("has one in each of its own workers, whose number nobody knows", async () => {
    const worker = `
      import { parentPort } from "node:worker_threads";
      import { enableThreads } from "./dist/threads.js";
      import { tensor } from "./dist/index.js";
      const { wanted, online, reason } = await enableThreads();
      parentPort.postMessage([wanted, online, reason, tensor(1).data.buffer instanceof SharedArrayBuffer]);`;
    const file = join(process.cwd(), `threads-${process.pid}-${files++}.tmp.mjs`);
    writeFileSync(file, worker);
    try {
      const program = `
        import { Worker } from "node:worker_threads";
        for (let i = 0; i < 2; i++)
          new Worker(${JSON.stringify(file)}).on("message", (status) => console.log(JSON.stringify(status)));`;
      expect(await run(program)).toBe("[1,1,null,false]\n[1,1,null,false]\n");
    } finally {
      rmSync(file);
    }
  });

  it("finds the script of helpers in the package, too", () => {
    expect(readFileSync("dist/threads-worker.js", "utf8")).toContain(helperScript);
  });
});
