/** Files that were cut, flipped or put together wrongly: read or refused with a typed error, and nothing is kept. */
import { memoryUsage } from "affine-wasm";
import { dense, Sequential } from "affine-wasm/nn";
import { loadQuantized, quantize, saveQuantized } from "affine-wasm/quantized";
import { expect, it } from "vitest";
import { randomFrom } from "../support/cases.js";
import { mutated, readOrRefuse } from "../support/mutations.js";

const COUNT = 10_000;

it(`loadQuantized reads or refuses each of ${COUNT} mutated files, and keeps no memory`, () => {
  using net = new Sequential(4, [dense(5, { activation: { leakyRelu: 0.5 } }), dense(2, { bias: false })], { seed: 1 });
  using small = quantize(net);
  const file = saveQuantized(small);
  loadQuantized(file).dispose();
  const before = memoryUsage().used;
  const random = randomFrom(18);
  const outcomes = { read: 0, refused: 0 };
  let slowest = 0;
  for (let i = 0; i < COUNT; i++) {
    const bytes = mutated(file, random);
    const start = Date.now();
    outcomes[readOrRefuse(() => loadQuantized(bytes), /^(loadQuantized|parseSafetensors): /)]++;
    slowest = Math.max(slowest, Date.now() - start);
  }
  console.log(`loadQuantized: ${outcomes.read} of ${COUNT} mutated files read, the slowest in ${slowest} ms`);
  expect(outcomes.read).toBeGreaterThan(COUNT / 100);
  expect(outcomes.refused).toBeGreaterThan(COUNT / 4);
  expect(memoryUsage().used).toBe(before);
}, 120_000);
