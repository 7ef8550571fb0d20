/**
 * Time and memory of reading generated files: `tsx test/support/files/measure.ts [files] [seed]`. Memory is all that was
 * allocated while a file was read, garbage included, of which the rule allows 4 times the file and 1 MiB.
 */
import { FORMATS, type Format, verdictOf } from "./compare.js";

const [count = 100_000, seed = 1] = process.argv.slice(2).map(Number);

function used(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

for (const format of Object.keys(FORMATS) as Format[]) {
  const { files, read } = FORMATS[format];
  let readable = 0;
  let longest = 0;
  let total = 0;
  let most = 0;
  let beyond = 0;
  for (const file of files(seed, count)) {
    const before = used();
    const start = performance.now();
    const verdict = verdictOf(read, file);
    const time = performance.now() - start;
    const allocated = used() - before;
    if (typeof verdict !== "string") readable++;
    total += time;
    longest = Math.max(longest, time);
    most = Math.max(most, allocated);
    if (allocated > 4 * file.length + 2 ** 20) beyond++;
  }
  console.log(
    `${format}: ${count} files from seed ${seed}, ${readable} readable, no untyped error; the longest took ` +
      `${longest.toFixed(1)} ms, all ${(total / 1000).toFixed(1)} s; at most ${(most / 1024).toFixed(0)} KiB allocated, ` +
      `${beyond} times beyond the rule`,
  );
}
