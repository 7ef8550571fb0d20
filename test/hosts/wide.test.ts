/**
 * Who has the binary of `wide`: everyone in Node, whoever imports `affine-wasm/wide` elsewhere. An engine that cannot run it
 * says so, which tells as well that it is there.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, inject, it } from "vitest";
import { eachCase } from "../support/cases.js";

const project = inject("host");

const runs = WebAssembly.validate(readFileSync("build/wide.wasm"));
const there = (caller: string) => (runs ? "wide" : `RangeError: ${caller}: this engine cannot run variant "wide"`);
const missing = (caller: string) =>
  `Error: ${caller}: variant "wide" has an entry of its own: import affine-wasm/wide first`;

const INIT = `
import { backend, initSync } from "affine-wasm";
try {
  initSync(undefined, { variant: "wide" });
  console.log(backend());
} catch (error) {
  console.log(String(error));
}`;
const KERNELS = `
import { instantiateKernels } from "affine-wasm/kernels";
try {
  const { variant } = instantiateKernels(new WebAssembly.Memory({ initial: 1 }), "wide");
  console.log(["scalar", "simd", "relaxed", "wide"][variant.value]);
} catch (error) {
  console.log(String(error));
}`;
const CALLS = [
  ["initSync", INIT],
  ["instantiateKernels", KERNELS],
] as const;
const WIDE = 'import { variant as name } from "affine-wasm/wide"; globalThis.wide = name;';

/** What a script of the project prints. */
function run(script: string, name = "wide.mjs"): string {
  const file = join(project, name);
  writeFileSync(file, script);
  return execFileSync(process.execPath, [file], { encoding: "utf8" }).trim();
}

/** A script with all that it imports, for a page or for Node. */
async function bundled(contents: string, platform: "browser" | "node"): Promise<string> {
  const stdin = { contents, resolveDir: project };
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: "esm", platform, minify: true });
  return outputFiles[0]?.text as string;
}

describe("the variant wide", () => {
  it("comes with the entries that start it, in Node", () => {
    const ran = eachCase(CALLS, ([caller, script]) => expect(run(script)).toBe(there(caller)));
    expect(ran).toBe(2);
    const required = INIT.replace(/import (.*) from (.*);/, "const $1 = require($2);");
    expect(run(required, "wide.cjs")).toBe(there("initSync"));
  });

  it("comes with them in bundles for Node", async () => {
    for (const [caller, script] of CALLS) expect(run(await bundled(script, "node"))).toBe(there(caller));
  });

  it("is not in bundles for pages, unless its entry is imported", async () => {
    for (const [caller, script] of CALLS) {
      const without = await bundled(script, "browser");
      const withWide = await bundled(WIDE + script, "browser");
      expect(run(without)).toBe(missing(caller));
      expect(run(withWide)).toBe(there(caller));
      expect(withWide.length - without.length).toBeGreaterThan(1000);
    }
  });

  it("comes with affine-wasm/node for the main entry of a page, too", async () => {
    const script = `import { enableWide } from "affine-wasm/node"; globalThis.used = enableWide;${INIT}`;
    const conditions = ["browser"];
    const stdin = { contents: script, resolveDir: project };
    const external = ["node:*"];
    const { outputFiles } = await build({ stdin, bundle: true, write: false, format: "esm", conditions, external });
    expect(run(outputFiles[0]?.text as string)).toBe(there("initSync"));
  });
});

/** Starts the library, and prints what was compiled for it: of a kernel module, whether it is the file of the build. */
const COMPILED = `
import { createHash } from "node:crypto";
const { Module } = WebAssembly;
const compiled = [];
WebAssembly.Module = class extends Module {
  constructor(bytes) {
    super(bytes);
    compiled.push(createHash("sha256").update(new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset, bytes.byteLength)).digest("hex"));
  }
};
const { initSync, backend } = await import("affine-wasm");
initSync();
console.log(JSON.stringify([backend(), ...compiled]));`;

describe("a first call in Node", () => {
  const hashOf = (name: string) =>
    createHash("sha256")
      .update(readFileSync(`build/${name}.wasm`))
      .digest("hex");

  it("compiles the binary as it lies in the entry, and nothing before it", () => {
    const [variant, ...compiled] = JSON.parse(run(COMPILED, "raw.mjs"));
    expect(compiled).toEqual([hashOf(variant)]);
  });

  it("does not mind what a program has put in place of Buffer", () => {
    const ran = eachCase(["{}", "null", "{ from: () => new Uint8Array(3) }"], (other) => {
      const [variant, ...compiled] = JSON.parse(run(`globalThis.Buffer = ${other};${COMPILED}`, "stubbed.mjs"));
      expect(compiled).toEqual([hashOf(variant)]);
    });
    expect(ran).toBe(3);
  });

  it("unpacks the same binary in a realm without Node's modules", () => {
    const [variant, ...compiled] = JSON.parse(run(`delete globalThis.process;${COMPILED}`, "packed.mjs"));
    expect(new Set(compiled)).toContain(hashOf("unpack"));
    expect(compiled.at(-1)).toBe(hashOf(variant));
  });

  it("is as short in a bundle for Node", async () => {
    const [variant, ...compiled] = JSON.parse(run(await bundled(COMPILED, "node"), "bundled.mjs"));
    expect(compiled).toEqual([hashOf(variant)]);
  });
});
