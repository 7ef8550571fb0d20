/** The .npy and .npz files between this library and NumPy itself, where there is one. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeNpy } from "../../../src/formats/npy/npy.js";
import { readNpz, writeNpz } from "../../../src/formats/npy/npz.js";
import { eachCase } from "../../support/cases.js";
import { arrays, raw } from "./arrays.js";

const python = process.env.PYTHON ?? "python3";
const version = spawnSync(python, ["-c", "import numpy; print(numpy.__version__)"], {
  encoding: "utf8",
}).stdout?.trim();
if (!version) console.log(`not run: the tests against NumPy, which "${python}" does not have`);

describe.runIf(version)(`NumPy ${version}`, () => {
  const inFolder = (test: (folder: string) => void) => {
    const folder = mkdtempSync(join(tmpdir(), "affine-npy-"));
    try {
      test(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it("reads what writeNpy and writeNpz write", () => {
    inFolder((folder) => {
      const source = Object.fromEntries(arrays.map(([dtype, data]) => [dtype, { data, shape: [3, 2] }]));
      writeFileSync(join(folder, "a.npz"), writeNpz(source));
      writeFileSync(join(folder, "b.npz"), writeNpz(source, { compress: true }));
      writeFileSync(join(folder, "c.npy"), writeNpy(Float32Array.of(7), []));
      const script = `
import numpy, sys
for name in ("a.npz", "b.npz"):
    for key, value in numpy.load(sys.argv[1] + "/" + name).items():
        assert value.dtype.str[1:] == key and value.shape == (3, 2) and value.flags.c_contiguous, (key, value)
        print(key, value.tobytes().hex())
assert numpy.load(sys.argv[1] + "/c.npy").shape == ()
`;
      const printed = execFileSync(python, ["-c", script, folder], { encoding: "utf8" }).trim().split("\n");
      const lines = arrays.map(([dtype, data]) => `${dtype} ${Buffer.from(raw(data)).toString("hex")}`);
      expect(printed).toEqual([...lines, ...lines]);
    });
  });

  it("writes what readNpz reads: every type, both orders", () => {
    inFolder((folder) => {
      const script = `
import numpy, sys
kinds = "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1".split()
rows = {k: numpy.arange(24).reshape(2, 3, 4).astype(k) for k in kinds}
columns = {k + "_columns": numpy.asfortranarray(v) for k, v in rows.items()}
numpy.savez(sys.argv[1] + "/a.npz", **rows, **columns)
numpy.savez_compressed(sys.argv[1] + "/b.npz", **rows, **columns)
`;
      execFileSync(python, ["-c", script, folder]);
      eachCase(["a.npz", "b.npz"], (name) => {
        const read = readNpz(readFileSync(join(folder, name)));
        expect(read.size).toBe(24);
        eachCase(read, ([key, { dtype, shape, data }]) => {
          expect(key.replace("_columns", "")).toBe(dtype);
          expect(shape).toEqual([2, 3, 4]);
          expect(Array.from<number | bigint>(data).map(Number)).toEqual(
            Array.from({ length: 24 }, (_, i) => (dtype === "b1" ? Math.min(i, 1) : i)),
          );
        });
      });
    });
  });
});
