/** The main job from outside: files that cannot be read or written. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eachCase } from "../support/cases.js";

const MNIST = fileURLToPath(new URL("../../examples/mnist.ts", import.meta.url));
const NODE = [process.execPath, "--import", import.meta.resolve("tsx"), MNIST];

function start(...args: string[]) {
  return startIn(".", ...args);
}

function startIn(cwd: string, ...args: string[]) {
  const [node = "", ...words] = NODE;
  const { status, stdout, stderr } = spawnSync(node, [...words, ...args], { encoding: "utf8", cwd });
  return { status, stdout, stderr };
}

/** A run of seconds: a network this small reads some digits, and one without training next to none. */
const SHORT = ["--epochs", "1", "--batch", "1000"];
const GOOD = [...SHORT, "--hidden", "16"];
const BAD = [...SHORT, "--hidden", "1", "--rate", "1e-9"];

describe("npm start", () => {
  it("names the file that --load cannot read, and why", () => {
    const cases: [string, RegExp][] = [
      ["no-such.safetensors", /^error: --load no-such\.safetensors: ENOENT: no such file/],
      ["README.md", /^error: --load README\.md: parseSafetensors: the header has \d+ bytes/],
    ];
    eachCase(cases, ([file, message]) => {
      const { status, stdout, stderr } = start("--load", file);
      expect(stderr).toMatch(message);
      expect(status).toBe(1);
      expect(stdout).not.toContain("read right");
    });
  });

  it("says that it could not save before it trains, not after", () => {
    const { status, stdout, stderr } = start("--epochs", "1", "--save", "no-such-folder/a.safetensors");
    expect(stderr).toMatch(/^error: --save no-such-folder\/a\.safetensors: ENOENT: no such file/);
    expect(status).toBe(1);
    expect(stdout).not.toContain("epoch");
  });

  it("says before it trains that --save names a folder", () => {
    const { status, stdout, stderr } = start("--epochs", "1", "--save", tmpdir());
    expect(stderr).toBe(`error: --save ${tmpdir()}: is a folder; name a file in it\n`);
    expect(status).toBe(1);
    expect(stdout).not.toContain("epoch");
  });

  describe("without --save", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "affine-wasm-"));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it("replaces a network that is no better, and puts a worse one beside it", () => {
      expect(startIn(folder, ...BAD).stdout).toContain("saved in mnist.safetensors (");
      const bad = readFileSync(join(folder, "mnist.safetensors"));
      expect(startIn(folder, ...GOOD).stdout).toMatch(
        /^mnist\.safetensors reads \d+\.\d+ % of the test digits, this network \d+\.\d+ %: it is\s+replaced$/m,
      );
      const good = readFileSync(join(folder, "mnist.safetensors"));
      expect(good.equals(bad)).toBe(false);
      const { stdout, status } = startIn(folder, ...BAD);
      expect(stdout).toMatch(
        /^mnist\.safetensors reads \d+\.\d+ % of the test digits, this network \d+\.\d+ %: it stays/m,
      );
      expect(stdout).toContain("saved in mnist-2.safetensors (");
      expect(status).toBe(0);
      expect(readFileSync(join(folder, "mnist.safetensors")).equals(good)).toBe(true);
      expect(readFileSync(join(folder, "mnist-2.safetensors")).equals(bad)).toBe(true);
      expect(startIn(folder, ...BAD, "--save", "mnist.safetensors").status).toBe(0);
      expect(readFileSync(join(folder, "mnist.safetensors")).equals(bad)).toBe(true);
    });

    it("leaves a file alone that holds no network", () => {
      writeFileSync(join(folder, "mnist.safetensors"), "notes");
      const { stdout } = startIn(folder, ...BAD);
      expect(stdout).toMatch(/^mnist\.safetensors holds no network of digits: it stays/m);
      expect(readFileSync(join(folder, "mnist.safetensors"), "utf8")).toBe("notes");
      expect(readdirSync(folder).sort()).toEqual(["mnist-2.safetensors", "mnist.safetensors"]);
    });
  });

  it("ends without a word when nobody reads on, as after | head", () => {
    const command = `${NODE.map((word) => `'${word}'`).join(" ")} --epochs 2 --batch 1000 --hidden 1 --save /dev/null | head -n 1`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    expect(stdout).toMatch(/^variant \w+ on Node/);
    expect(stderr).not.toContain("EPIPE");
    expect(stderr).toBe("");
  });
});
