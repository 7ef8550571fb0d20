/** `npm run bench`: the kernels against plain JavaScript, every result checked before it is timed. */
import { cpus } from "node:os";
import benny from "benny";
import { Command, InvalidArgumentError, Option } from "commander";
import { DTYPES } from "../../src/common/dtype.js";
import { backend, type DType, initSync } from "../../src/entries/index.js";
import { VARIANTS, type Variant } from "../../src/kernels/abi.js";
import { enableWide } from "../../src/node/enableWide.js";
import { roofline } from "../common/roofline.js";
import { FEW_SHAPES, nameOf, SHAPES, SWEEP } from "../common/shapes.js";
import { type Product, productsOf } from "./products.js";

const { variant, shape, seconds, dtype, sweep } = new Command("npm run bench --")
  .description("Times forward, dX and dW with db against plain JavaScript and the core's limit, on one thread.")
  .addOption(new Option("--dtype <name>", "element type").choices(DTYPES).default("float32"))
  .addOption(new Option("--variant <name>", "default: the fastest that this engine runs").choices(VARIANTS))
  .addOption(new Option("--shape <name>", "only this shape, e.g. 256x512x512"))
  .option("--sweep", "how cost grows: squares 16 … 2048 and batches 1 … 1024 of 784×100, without plain JavaScript")
  .option("--seconds <n>", "at most this long for each figure", parseSeconds, 0.5)
  .parse()
  .opts<{ variant?: Variant; shape?: string; seconds: number; dtype: DType; sweep?: boolean }>();

const known = sweep ? SWEEP : [...SHAPES, ...FEW_SHAPES];
const shapes = known.filter((each) => !shape || nameOf(each) === shape.replaceAll("x", "×"));
if (shapes.length === 0) {
  console.error(`error: no shape ${shape}; there are ${known.map(nameOf).join(", ")}`);
  process.exit(2);
}
if (variant === "wide") enableWide();
else initSync(undefined, { variant });
const roofs = { simd: await roofline("simd", dtype), relaxed: await roofline("relaxed", dtype) };
const roof = roofs.relaxed ?? roofs.simd ?? Number.NaN;
console.log(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}, variant ${backend()}, ${dtype}, one thread`);
console.log(`128-bit roofline: ${describe(roofs.simd)} with mul and add, ${describe(roofs.relaxed)} fused`);
console.log(
  "median time; share of the roofline; error: largest |result - exact| over up to 2,000 elements; times the naive loop\n",
);
for (const each of shapes) {
  console.log(`${nameOf(each)}  ${each.what}`);
  for (const product of productsOf(each, dtype)) {
    await time(sweep ? { ...product, contenders: product.contenders.slice(0, 1) } : product);
    product.dispose();
  }
}

function describe(gflops: number | null): string {
  return gflops === null ? "not here" : `${gflops.toFixed(1)} GFLOP/s`;
}

/** Checks and times each contender, and prints a line for it. */
async function time(product: Product): Promise<void> {
  const errors = product.contenders.map(({ run }) => {
    product.result().fill(Number.NaN);
    run();
    return largestError(product);
  });
  const options = { minSamples: 3, maxTime: seconds, minTime: 0 };
  const summary = await benny.suite(
    product.name,
    ...product.contenders.map(({ name, run }) => benny.add(name, run, options)),
  );
  const medians = summary.results.map(({ details }) => details.median);
  const naive = medians.at(-1) as number;
  for (const [i, { name }] of product.contenders.entries()) {
    const median = medians[i] as number;
    const gflops = product.flops / median / 1e9;
    const columns = [
      `  ${product.name.padEnd(8)}`,
      name.padEnd(18),
      `${(median * 1e6).toFixed(1).padStart(11)} µs`,
      `${gflops.toFixed(2).padStart(7)} GFLOP/s`,
      `${((100 * gflops) / roof).toFixed(0).padStart(3)} %`,
      `error ${(errors[i] as number).toExponential(1)}`,
      sweep ? "" : `${(naive / median).toFixed(1).padStart(6)} × naive`,
    ];
    console.log(columns.join("  "));
  }
}

/** @throws Error if a result is far off: a wrong product must not be timed. */
function largestError({ name, result, exact }: Product): number {
  const values = result();
  const step = Math.max(1, Math.floor(values.length / 2000));
  let largest = 0;
  for (let i = 0; i < values.length; i += step) largest = Math.max(largest, Math.abs((values[i] as number) - exact(i)));
  if (!(largest < 1e-2)) throw new Error(`${name}: the result is off by ${largest}`);
  return largest;
}

function parseSeconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}
