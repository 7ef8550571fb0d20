/** Files that were cut, flipped or put together wrongly: read or refused with a typed error, and nothing is kept. */
import { memoryUsage } from "affine-wasm";
import { importOnnx } from "affine-wasm/onnx";
import { describe, expect, it } from "vitest";
import { randomFrom } from "../../../support/cases.js";
import { mutated, readOrRefuse } from "../../../support/mutations.js";
import { integers, modelBytes, node, numbers, tensor } from "../../../support/onnxModels.js";

const half = { shape: [], values: [0.5] };
const FILES = [
  modelBytes({
    node: [
      node("Flatten", ["x"], "f", { axis: 1 }),
      node("Gemm", ["f", "w", "b"], "h", { transB: 1 }),
      node("Tanh", ["h"], "t"),
      node("MatMul", ["t", "v"], "u"),
      node("Softmax", ["u"], "y"),
    ],
    constants: { w: numbers([4, 3]), b: numbers([4]), v: tensor(numbers([4, 2]), "float16") },
  }),
  modelBytes({
    node: [
      node("Sub", ["x", "c"], "s"),
      node("Reshape", ["s", "shape"], "r"),
      node("MatMul", ["r", "w"], "h"),
      node("Div", ["h", "root"], "g1"),
      node("Erf", ["g1"], "g2"),
      node("Add", ["g2", "one"], "g3"),
      node("Mul", ["h", "g3"], "g4"),
      node("Mul", ["g4", "half"], "a"),
      node("Gemm", ["a", "v"], "y"),
    ],
    constants: {
      c: numbers([3]),
      shape: integers([-1, 3]),
      w: tensor(numbers([3, 4]), "typed"),
      root: { shape: [], values: [Math.SQRT2] },
      one: { shape: [], values: [1] },
      half,
      v: tensor(numbers([4, 2]), "double"),
    },
  }),
];

const COUNT = Number(process.env.MUTATIONS ?? 10_000);

describe("importOnnx of ten thousand mutated files", () => {
  it("reads or refuses each, and keeps no memory", () => {
    const random = randomFrom(18);
    for (const file of FILES) importOnnx(file).net.dispose();
    const before = memoryUsage().used;
    const outcomes = { read: 0, refused: 0 };
    let slowest = 0;
    for (let i = 0; i < COUNT; i++) {
      const file = mutated(FILES[i % FILES.length] as Uint8Array, random);
      const start = performance.now();
      outcomes[readOrRefuse(() => importOnnx(file).net, /^(importOnnx|dense|Sequential): /)]++;
      slowest = Math.max(slowest, performance.now() - start);
    }
    console.log(`importOnnx: ${outcomes.read} of ${COUNT} mutated files read, the slowest in ${slowest.toFixed(1)} ms`);
    expect(outcomes.read).toBeGreaterThan(COUNT / 100);
    expect(outcomes.refused).toBeGreaterThan(COUNT / 4);
    expect(memoryUsage().used).toBe(before);
  }, 120_000);

  it("refuses to make a large network of a small file by using its weights again and again", () => {
    const count = 3000;
    const chain = Array.from({ length: count }, (_, i) =>
      node("MatMul", [i === 0 ? "x" : `${i - 1}`, "w"], i === count - 1 ? "y" : `${i}`),
    );
    const file = modelBytes({ node: chain, constants: { w: numbers([128, 128]) }, input: [] });
    expect(() => importOnnx(file)).toThrow(RangeError);
    const scales = chain.map((each) => ({ ...each, opType: "Mul", input: [each.input?.[0] as string, "c"] }));
    const constants = { w: numbers([300, 300]), c: numbers([300]) };
    const nodes = [
      node("MatMul", ["x", "w"], "h"),
      ...scales.map((each, i) => (i > 0 ? each : { ...each, input: ["h", "c"] })),
    ];
    expect(() => importOnnx(modelBytes({ node: nodes, constants }))).toThrow(RangeError);
  });
});
