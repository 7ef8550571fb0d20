/** Every entry of the packed library in Node, in a project that has the packages that it needs beside it, or has not. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import { ENTRIES } from "../../scripts/entries.js";
import { eachCase } from "../support/cases.js";

const project = inject("host");
const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
  peerDependencies: Record<string, string>;
};

/** The packages that entries need beside this one, and the command that installs them. */
const NEEDS: Readonly<Record<string, { readonly peers: readonly string[]; readonly install: string }>> = {
  "affine-wasm/onnx": { peers: ["onnx-proto"], install: "onnx-proto@8" },
  "affine-wasm/npy": { peers: ["fflate"], install: "fflate@0.8" },
  "affine-wasm/tfjs": { peers: ["@tensorflow/tfjs-core"], install: "@tensorflow/tfjs-core@4" },
  "affine-wasm/bullmq": { peers: ["bullmq", "ioredis"], install: "bullmq@6 ioredis@6" },
};

/** Loads entries in a Node of its own, which prints how many names each exports. */
function load(specifiers: readonly string[], how: "import" | "require") {
  const file = join(project, `peers.${how === "import" ? "mjs" : "cjs"}`);
  const loaded = specifiers.map((name) => `${how === "import" ? "await import" : "require"}(${JSON.stringify(name)})`);
  writeFileSync(file, `for (const entry of [${loaded}]) console.log(Object.keys(entry).length);`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", cwd: project });
  return { status, names: stdout.trim().split("\n").map(Number), stderr };
}

function expectLoaded(specifiers: readonly string[], how: "import" | "require"): void {
  const { status, names, stderr } = load(specifiers, how);
  expect(status, stderr).toBe(0);
  expect(names).toHaveLength(specifiers.length);
  eachCase(names, (count) => expect(count).toBeGreaterThan(0));
}

const placeOf = (name: string) => join(project, "node_modules", name);

/** This repository's own copy of a package, in the project. */
function addPeer(name: string): void {
  mkdirSync(dirname(placeOf(name)), { recursive: true });
  symlinkSync(resolve("node_modules", name), placeOf(name));
}

describe("the packages beside this one", () => {
  afterEach(() => {
    for (const name of Object.keys(peerDependencies)) rmSync(placeOf(name), { force: true });
  });

  it("are those of the package.json, each named by the entry that needs it", () => {
    expect(
      Object.values(NEEDS)
        .flatMap(({ peers }) => peers)
        .sort(),
    ).toEqual(Object.keys(peerDependencies).sort());
    expect(ENTRIES.map(({ specifier }) => specifier)).toEqual(expect.arrayContaining(Object.keys(NEEDS)));
  });

  it.each(["import", "require"] as const)("are needed by none of the other entries: %s", (how) => {
    const others = ENTRIES.map(({ specifier }) => specifier).filter((specifier) => !(specifier in NEEDS));
    expect(others.length).toBeGreaterThan(4);
    expectLoaded(others, how);
  });

  it.each(["import", "require"] as const)(
    "are missed in one sentence, with the command that installs them: %s",
    (how) => {
      eachCase(Object.entries(NEEDS), ([specifier, { peers, install }]) => {
        eachCase(peers, (missing) => {
          for (const name of peers) if (name !== missing) addPeer(name);
          const { status, stderr } = load([specifier], how);
          for (const name of peers) rmSync(placeOf(name), { force: true });
          expect(status).toBe(1);
          expect(stderr).toContain(
            `Error: ${specifier} needs the package ${missing} beside it, which is not installed: npm install ${install}\n`,
          );
        });
      });
    },
  );

  it.each(["import", "require"] as const)("are used where they are: %s", (how) => {
    const there = Object.entries(NEEDS).filter(([, { peers }]) =>
      // TensorFlow.js is among the heavy packages, which `npm run install:dev` installs.
      peers.every((name) => existsSync(join("node_modules", name))),
    );
    expect(there.length).toBeGreaterThan(2);
    for (const [, { peers }] of there) for (const name of peers) addPeer(name);
    expectLoaded(
      there.map(([specifier]) => specifier),
      how,
    );
  });
});

it("an import that lacks its peer can be caught", () => {
  const file = join(project, "caught.mjs");
  writeFileSync(
    file,
    `try { await import("affine-wasm/npy"); } catch ({ message }) { console.log(message.slice(0, 15)); }
    setTimeout(() => console.log("goes on"), 50);`,
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", cwd: project });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "affine-wasm/npy\ngoes on\n", stderr: "" });
});

it("a peer that is broken is not called missing", () => {
  mkdirSync(placeOf("onnx-proto"), { recursive: true });
  try {
    writeFileSync(join(placeOf("onnx-proto"), "package.json"), '{ "name": "onnx-proto", "main": "index.js" }');
    writeFileSync(join(placeOf("onnx-proto"), "index.js"), 'require("something-else");');
    const { stderr } = load(["affine-wasm/onnx"], "import");
    expect(stderr).toContain("Cannot find module 'something-else'");
    expect(stderr).not.toContain("npm install");
  } finally {
    rmSync(placeOf("onnx-proto"), { recursive: true });
  }
});
