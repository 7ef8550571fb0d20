/** Writing a file in one step, also where the step cannot be finished. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
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

  it("keeps a link that leads nowhere yet, through other links and folders", async () => {
    mkdirSync(join(folder, "real"));
    symlinkSync("real", join(folder, "folder"));
    symlinkSync("folder/second", join(folder, "first"));
    symlinkSync("../weights", join(folder, "real", "second"));
    await writeFileAtomic(join(folder, "first"), bytes);
    expect(["first", "folder", "real/second"].map((name) => readlinkSync(join(folder, name)))).toEqual([
      "folder/second",
      "real",
      "../weights",
    ]);
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    symlinkSync("b", join(folder, "a"));
    symlinkSync("a", join(folder, "b"));
    await expect(writeFileAtomic(join(folder, "a"), bytes)).rejects.toThrow(/^ELOOP/);
    symlinkSync("none/weights", join(folder, "astray"));
    await expect(writeFileAtomic(join(folder, "astray"), bytes)).rejects.toThrow(/^ENOENT/);
    expect(readdirSync(folder).sort()).toEqual(["a", "astray", "b", "first", "folder", "real", "weights"]);
  });

  it.skipIf(process.platform === "win32")("keeps the mode of a file, and its owner", async () => {
    const root = process.getuid?.() === 0;
    for (const mode of [0o600, 0o640, 0o777, 0o4755, 0o400]) {
      writeFileSync(path, "old");
      if (root) chownSync(path, 1234, 5678);
      chmodSync(path, mode);
      const { uid, gid } = statSync(path);
      await writeFileAtomic(path, bytes);
      const after = statSync(path);
      expect([after.mode & 0o7777, after.uid, after.gid, after.size]).toEqual([mode, uid, gid, 3]);
      rmSync(path);
    }
    writeFileSync(join(folder, "plain"), "");
    await writeFileAtomic(path, bytes);
    expect(statSync(path).mode).toBe(statSync(join(folder, "plain")).mode);
  });

  it.skipIf(process.platform === "win32")(
    "writes to a pipe, a device and what they are linked as, and leaves them",
    async () => {
      expect(spawnSync("mkfifo", [path]).status).toBe(0);
      symlinkSync(path, join(folder, "link"));
      for (const name of [path, join(folder, "link")]) {
        const reader = open(path, "r");
        await writeFileAtomic(name, bytes);
        const file = await reader;
        expect([...(await file.readFile())]).toEqual([1, 2, 3]);
        await file.close();
        expect(statSync(path).isFIFO()).toBe(true);
      }
      // Root could replace the real one.
      const root = process.getuid?.() === 0;
      if (root && spawnSync("mknod", [join(folder, "device"), "c", "1", "3"]).status !== 0) return;
      symlinkSync(root ? "device" : "/dev/null", join(folder, "null"));
      await writeFileAtomic(join(folder, "null"), bytes);
      expect(statSync(join(folder, "null")).isCharacterDevice()).toBe(true);
      expect(lstatSync(join(folder, "null")).isSymbolicLink()).toBe(true);
    },
  );

  it("takes bytes and URLs of another realm", async () => {
    await writeFileAtomic(path, runInNewContext("new Uint8Array([1, 2, 3])"));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    const url = { href: pathToFileURL(path).href, [Symbol.toStringTag]: "URL" };
    await writeFileAtomic(wrong(url), Uint8Array.of(4));
    expect([...readFileSync(path)]).toEqual([4]);
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
