/** The main job from outside: files that cannot be read or written. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { eachCase } from "../support/cases.js";

function start(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "examples/mnist.ts", ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

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
});
