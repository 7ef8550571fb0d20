/**
 * Generated files, structure-aware: each is read or refused with an error of ours, as the reference implementation does where
 * there is one (NumPy, Python's safetensors), or for a reason of a list. AFFINE_FILES and AFFINE_SEED set how many and which.
 */
import { describe, expect, it } from "vitest";
import { eachCase } from "../support/cases.js";
import {
  DISAGREEMENTS,
  differ,
  FORMATS,
  type Format,
  referenceVerdicts,
  referenceVersion,
  verdictOf,
} from "../support/files/compare.js";

const count = Number(process.env.AFFINE_FILES ?? 3000);
const seed = Number(process.env.AFFINE_SEED ?? 1);

describe.each(Object.keys(FORMATS) as Format[])(`${count} generated files from seed ${seed}: %s`, (format) => {
  const { files: generate, read, module } = FORMATS[format];
  const version = referenceVersion(format);
  if (!version) console.log(`not run: the comparison with Python's ${module}, which is not installed`);

  it("are read, or refused with an error of ours", () => {
    let readable = 0;
    const ran = eachCase(generate(seed, count), (file) => {
      if (typeof verdictOf(read, file) !== "string") readable++;
    });
    expect(ran).toBe(count);
    // A generator of nothing but rubbish would prove little.
    expect(readable / count).toBeGreaterThan(0.2);
    expect(readable / count).toBeLessThan(0.9);
  });

  it.runIf(version)(
    "get the verdicts and values of the reference, or differ for a reason",
    { timeout: 600_000 },
    () => {
      const files = [...generate(seed, count)];
      const theirs = referenceVerdicts(format, files);
      const reasons = new Map<string, number>(DISAGREEMENTS[format].map(([, reason]) => [reason, 0]));
      eachCase(files.keys(), (i) => {
        const file = files[i] as Uint8Array;
        const ours = verdictOf(read, file);
        const difference = differ(format, ours, theirs[i] as never);
        if (!difference) return;
        const { reason } = difference;
        if (reason === null) {
          const shown = Buffer.from(file).toString("latin1").slice(0, 600);
          throw new Error(
            `file ${i}: ${JSON.stringify(ours)}, but ${module} ${version}: ${JSON.stringify(theirs[i])}\n${shown}`,
          );
        }
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      });
      const listed = [...reasons].map(([reason, times]) => `  ${times} × ${reason}`).join("\n");
      console.log(
        `${format}, ${count} files from seed ${seed}, against ${module} ${version}: disagreements\n${listed}`,
      );
    },
  );
});
