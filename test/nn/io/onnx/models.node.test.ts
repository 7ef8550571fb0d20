/**
 * Networks that others trained, exported by their own tools. They are no part of this project; MODEL_DATA names their
 * folder, in which expected.json says what each computes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { importOnnx } from "affine-wasm/onnx";
import protobuf from "onnx-proto";
import { describe, expect, it } from "vitest";
import { expectError } from "../../../support/cases.js";

const folder = process.env.MODEL_DATA;
if (!folder) console.log("not run: the models of others, whose folder MODEL_DATA would name");

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder as string, name)));

interface Expected {
  readonly inputs: Readonly<Record<string, readonly [number, number]>>;
  readonly outputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>;
}

const files = folder ? JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) : {};
const models = Object.entries(files as Record<string, Expected>).filter(([name]) => name.endsWith(".onnx"));

/**
 * What expected.json says of this one cannot be: its weights are below 1 in size, its outputs there up to 1e38. They are
 * computed here instead, in float64.
 */
const WRONG = "onnx-test_Linear.onnx";

function linear(name: string, x: ArrayLike<number>): number[] {
  const [w, b] = protobuf.onnx.ModelProto.decode(bytesOf(name)).graph?.initializer ?? [];
  const view = ({ rawData }: NonNullable<typeof w>) => new Float32Array(new Uint8Array(rawData as Uint8Array).buffer);
  const [weight, bias] = [view(w as never), view(b as never)];
  return Array.from({ length: 32 }, (_, i) => {
    const [row, column] = [Math.floor(i / 8), i % 8];
    let sum = bias[column] as number;
    for (let p = 0; p < 10; p++) sum += (x[row * 10 + p] as number) * (weight[column * 10 + p] as number);
    return sum;
  });
}

/** The first of the inputs, and of the outputs, is that of the network. */
function firstOf<V>(record: Readonly<Record<string, V>>): [string, V] {
  return Object.entries(record)[0] as [string, V];
}

describe.runIf(folder)("a model of others", () => {
  it("is one of twelve", () => {
    expect(models).toHaveLength(12);
  });

  it.each(models)("%s gives the outputs that its runtime gives", (name, { inputs, outputs }) => {
    // The mean of a policy that adds noise, and takes tanh of both.
    const options = name === "godot-ScoreTheGoal.onnx" ? { output: "/actor/mu/Gemm_output_0" } : {};
    const [, [rows, columns]] = firstOf(inputs);
    const [, { shape, values: given }] = firstOf(outputs);
    const x = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(0.37 * i + 0.5));
    const values = name === WRONG ? linear(name, x) : given;
    const { net, head } = importOnnx(bytesOf(name), options);
    try {
      expect(head).toBe("none");
      expect([net.inFeatures, net.outFeatures]).toEqual([columns, shape[1]]);
      const outputs = net.predict(x);
      const y = name === "godot-ScoreTheGoal.onnx" ? outputs.map(Math.tanh) : outputs;
      expect(y).toHaveLength(values.length);
      for (const [i, value] of values.entries()) {
        expect(Math.abs((y[i] as number) - value)).toBeLessThan(1e-5 * (1 + Math.abs(value)));
      }
    } finally {
      net.dispose();
    }
  });

  it("that adds noise is refused by the node, with the tensors that could be had", () => {
    expectError(
      () => importOnnx(bytesOf("godot-ScoreTheGoal.onnx")),
      RangeError,
      'importOnnx: node "/actor/Expand" (Expand) is no layer of such a network; name a tensor before it by the option ' +
        'output, such as "/actor/mu/Gemm_output_0" or "/actor/Shape_2_output_0"',
    );
  });
});
