/** Writing a file in one step, also where the step cannot be finished. */
import { spawnSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomic } from "../../src/node/atomicFile.js";
import { wrong } from "../support/cases.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "affine-atomic-"));
  path = join(folder, "weights");
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = Uint8Array.of(1, 2, 3);

describe("writeFileAtomic", () => {
  it("makes a file, replaces one, takes a URL, writes only the bytes of the view, and leaves nothing else behind", async () => {
    await writeFileAtomic(path, new Uint8Array([9, 9, 1, 2, 3, 9]).subarray(2, 5));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    await writeFileAtomic(pathToFileURL(path), Uint8Array.of(4));
    expect([...readFileSync(path)]).toEqual([4]);
    await writeFileAtomic(path, new Uint8Array(0));
    expect(readFileSync(path).length).toBe(0);
    expect(readdirSync(folder)).toEqual(["weights"]);
  });

  it("writes through a symbolic link", async () => {
    const link = join(folder, "link");
    writeFileSync(path, "old");
    symlinkSync(path, link);
    await writeFileAtomic(link, bytes);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
  });

  it("removes the temporary file when the name cannot be taken", async () => {
    mkdirSync(path);
    writeFileSync(join(path, "file"), "old");
    await expect(writeFileAtomic(path, bytes)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(readdirSync(folder)).toEqual(["weights"]);
    expect(readFileSync(join(path, "file"), "utf8")).toBe("old");
  });

  it("says what the file system says where there is no folder", async () => {
    await expect(writeFileAtomic(join(folder, "none", "weights"), bytes)).rejects.toThrow(/^ENOENT/);
  });

  it("refuses other kinds of arguments", async () => {
    await expect(writeFileAtomic(wrong(3), bytes)).rejects.toThrow(
      new TypeError("writeFileAtomic: path must be a string or a URL, got the number 3"),
    );
    await expect(writeFileAtomic(path, wrong("text"))).rejects.toThrow(
      new TypeError("writeFileAtomic: bytes must be a Uint8Array, got a string"),
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("writeFileAtomic, ended half way", () => {
  const BYTES = 32 << 20;

  /** Writes so many bytes over an old file in another process, in which `shell` and `script` come first. */
  const run = (shell: string, script: string) => {
    writeFileSync(path, "old");
    const program = `
      import { readdirSync, statSync } from "node:fs";
      import { writeFileAtomic } from ${JSON.stringify(pathToFileURL("dist/node.js"))};
      const [folder] = process.argv.slice(1);
      ${script}
      await writeFileAtomic(folder + "/weights", new Uint8Array(${BYTES})).catch((error) => console.log(error.code));`;
    const node = [process.execPath, "--input-type=module", "-e", program, folder];
    return spawnSync("bash", ["-c", `${shell} exec "$0" "$@"`, ...node], { encoding: "utf8" });
  };

  // No file of the process may grow above 64 blocks of 512 or 1,024 bytes.
  it.skipIf(process.platform === "win32")("by an error, leaves the old file whole and nothing else", () => {
    expect(run("trap '' XFSZ; ulimit -f 64;", "")).toMatchObject({ stdout: "EFBIG\n", status: 0 });
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["weights"]);
  });

  it.skipIf(process.platform === "win32")(
    "by the death of the process, leaves the old file whole beside a part of the new",
    () => {
      const kill = `
      setInterval(() => {
        const name = readdirSync(folder).find((each) => each.endsWith(".tmp"));
        if (name && statSync(folder + "/" + name).size > 0) process.kill(process.pid, "SIGKILL");
      }, 0);`;
      expect(run("", kill)).toMatchObject({ stdout: "", signal: "SIGKILL" });
      expect(readFileSync(path, "utf8")).toBe("old");
      const [name = "", ...others] = readdirSync(folder).filter((each) => each !== "weights");
      expect(name).toMatch(/^\.weights\..*\.tmp$/);
      expect(others).toEqual([]);
      expect(statSync(join(folder, name)).size).toBeLessThan(BYTES);
    },
  );
});
