/** What importOnnx refuses: a model made for each reason, and the message, which names the node and what would help. */
import { importOnnx } from "affine-wasm/onnx";
import { describe, it } from "vitest";
import { expectError } from "../../../support/cases.js";
import {
  float,
  integers,
  type ModelParts,
  modelBytes,
  type Node,
  node,
  numbers,
  tensor,
  valueInfo,
} from "../../../support/onnxModels.js";

const w = numbers([3, 2]);
const b = numbers([2], 3);
const scalar = (value: number) => ({ shape: [], values: [value] });

/** One layer to "h", then what is given, to "y". */
const after = (nodes: Node[], constants: ModelParts["constants"] = {}, rest: Partial<ModelParts> = {}): ModelParts => ({
  node: [node("Gemm", ["x", "w", "b"], "h"), ...nodes],
  constants: { w, b, ...constants },
  ...rest,
});
/** A second layer, from "a" to "y". */
const second = (nodes: Node[], constants: ModelParts["constants"] = {}) =>
  after([...nodes, node("Gemm", ["a", "v"], "y")], { v: numbers([2, 2]), ...constants });
const single = (each: Node, constants: ModelParts["constants"] = {}): ModelParts => ({
  node: [each],
  constants: { w, b, ...constants },
});
const of = (domain: string, each: Node): Node => ({ ...each, domain });

const INNER = "name a tensor before it by the option output";

const REFUSED: Readonly<Record<string, readonly [ModelParts, string]>> = {
  "two branches": [
    after([node("Tanh", ["h"], "t"), node("Add", ["h", "t"], "y")]),
    `node "y/Add" (Add) joins two branches; ${INNER}, such as "h" or "t"`,
  ],
  "a tensor added to itself": [
    after([node("Add", ["h", "h"], "y")]),
    `node "y/Add" (Add) uses its input twice; ${INNER}, such as "h" or "h"`,
  ],
  "a mean with noise": [
    after([node("RandomNormalLike", ["h"], "n"), node("Add", ["h", "n"], "y")]),
    `node "y/Add" (Add) joins two branches; ${INNER}, such as "h" or "n"`,
  ],
  "a Softmax inside": [
    second([node("Softmax", ["h"], "a")]),
    'node "a/Softmax" (Softmax) is inside of the network; only a final one is taken: it is named as head',
  ],
  LogSoftmax: [
    after([node("LogSoftmax", ["h"], "y")]),
    `node "y/LogSoftmax" (LogSoftmax) is no layer; ${INNER} for the logits; softmax(y, columns) gives probabilities`,
  ],
  "Gelu's tanh approximation": [
    second([node("Gelu", ["h"], "a", { approximate: "tanh" })]),
    'node "a/Gelu" (Gelu) is the tanh approximation of GELU; export the model with the exact one',
  ],
  "the tanh approximation in single steps": [
    second(
      [
        node("Pow", ["h", "three"], "g1"),
        node("Mul", ["g1", "c"], "g2"),
        node("Add", ["h", "g2"], "g3"),
        node("Mul", ["g3", "d"], "g4"),
        node("Tanh", ["g4"], "g5"),
        node("Add", ["g5", "one"], "g6"),
        node("Mul", ["h", "g6"], "g7"),
        node("Mul", ["g7", "half"], "a"),
      ],
      { three: scalar(3), c: scalar(0.044715), d: scalar(0.7978845), one: scalar(1), half: scalar(0.5) },
    ),
    'node "a/Mul" (Mul) is the tanh approximation of GELU; export the model with the exact one',
  ],
  ...Object.fromEntries(
    ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearMatMul", "MatMulInteger"].map((name) => [
      name,
      [
        after([node(name, ["h"], "y")]),
        `node "y/${name}" (${name}) is quantized; export the model in float32, and quantize it here by quantize(net)`,
      ] as const,
    ]),
  ),
  ...Object.fromEntries(
    ["If", "Loop", "Scan"].map((name) => [
      name,
      [
        after([node(name, ["h"], "y")]),
        `node "y/${name}" (${name}) is control flow; export the model with it resolved, as in evaluation mode`,
      ] as const,
    ]),
  ),
  "another domain": [
    after([of("com.microsoft", node("FusedMatMul", ["h", "w"], "y"))]),
    'node "y/FusedMatMul" (FusedMatMul) is of the domain "com.microsoft"; export the model with standard operators',
  ],
  "an operator that is no layer": [
    after([node("Conv", ["h"], "y")]),
    `node "y/Conv" (Conv) is no layer of such a network; ${INNER}, such as "h"`,
  ],
  "an operator named as what every object has": [
    after([node("constructor", ["h"], "y")]),
    `node "y/constructor" (constructor) is no layer of such a network; ${INNER}, such as "h"`,
  ],
  "weights that an input gives": [
    single(node("MatMul", ["x", "v"], "y"), {}),
    'node "y/MatMul" (MatMul) is not rows times constant weights; the second operand must be a constant',
  ],
  "a constant times the input": [
    single(node("MatMul", ["w", "x"], "y")),
    'node "y/MatMul" (MatMul) is not rows times constant weights; the second operand must be a constant',
  ],
  transA: [
    single(node("Gemm", ["x", "w"], "y", { transA: 1 })),
    'node "y/Gemm" (Gemm) has transA; transpose the input before',
  ],
  "a bias for each row": [
    single(node("Gemm", ["x", "w", "c"], "y"), { c: numbers([4, 2]) }),
    'node "y/Gemm" (Gemm) has a constant of the shape [4,2]; one number, or one for each column, is expected',
  ],
  "weights of three dimensions": [
    single(node("MatMul", ["x", "v"], "y"), { v: numbers([1, 3, 2]) }),
    'node "y/MatMul" (MatMul) has weights of the shape [1,3,2]; a constant matrix is expected',
  ],
  "sizes that do not fit": [
    second([node("Identity", ["h"], "a")], { v: numbers([3, 2]) }),
    'node "y/Gemm" (Gemm) has 3 columns, where 2 come in; the file is broken',
  ],
  "an input of another size": [
    { ...single(node("Gemm", ["x", "w"], "y")), input: [valueInfo("x", ["n", 5])] },
    'node "y/Gemm" (Gemm) has 3 columns, where 5 come in; the file is broken',
  ],
  "a scale of the outputs that no layer takes up": [
    after([node("Tanh", ["h"], "t"), node("Mul", ["t", "two"], "y")], { two: scalar(2) }),
    `node "y/Mul" (Mul) scales or shifts what no layer takes up; scale outputs yourself; ${INNER}`,
  ],
  "two activations": [
    after([node("Tanh", ["h"], "t"), node("Relu", ["t"], "y")]),
    `node "y/Relu" (Relu) follows another activation; ${INNER}`,
  ],
  "an activation of the inputs": [
    { node: [node("Tanh", ["x"], "t"), node("Gemm", ["t", "w"], "y")], constants: { w } },
    `node "t/Tanh" (Tanh) follows no layer; ${INNER}`,
  ],
  "a negative slope": [
    second([node("LeakyRelu", ["h"], "a", { alpha: float(-0.5) })]),
    'node "a/LeakyRelu" (LeakyRelu) has the alpha -0.5; a positive one is expected',
  ],
  "a Dropout that trains": [
    second([node("Dropout", ["h", "ratio", "on"], "a")], {
      ratio: scalar(0.5),
      on: { dims: [], dataType: 9, rawData: Uint8Array.of(1) },
    }),
    'node "a/Dropout" (Dropout) may train; export it in evaluation mode',
  ],
  "a Cast to integers": [
    after([node("Cast", ["h"], "y", { to: 7 })]),
    `node "y/Cast" (Cast) is not to floats; ${INNER}`,
  ],
  "a Concat of two": [
    after([node("Concat", ["h", "b"], "y", { axis: 1 })]),
    `node "y/Concat" (Concat) joins 2 tensors; ${INNER}`,
  ],
  "a Reshape to three dimensions": [
    second([node("Reshape", ["h", "shape"], "a")], { shape: integers([-1, 1, 2]) }),
    'node "a/Reshape" (Reshape) has the shape [-1,1,2]; [rows, columns] is expected, as Flatten gives',
  ],
  "a Reshape that moves numbers to other rows": [
    second([node("Reshape", ["h", "shape"], "a")], { shape: integers([-1, 1]) }),
    'node "a/Reshape" (Reshape) has 1 columns, where 2 come in; the file is broken',
  ],
  "a Flatten of the rows too": [
    second([node("Flatten", ["h"], "a", { axis: 0 })]),
    'node "a/Flatten" (Flatten) does not keep the rows; axis 1 is expected',
  ],
  "a Softmax along the rows": [
    after([node("Softmax", ["h"], "y", { axis: 0 })]),
    `node "y/Softmax" (Softmax) is not along the columns; ${INNER}`,
  ],
  "a constant divided by the outputs": [
    after([node("Div", ["two", "h"], "y")], { two: scalar(2) }),
    `node "y/Div" (Div) divides a constant by the input; ${INNER}`,
  ],
  "weights of integers": [
    single(node("MatMul", ["x", "v"], "y"), { v: integers([1, 2, 3, 4, 5, 6], [3, 2]) }),
    'tensor "v" has elements of type INT64; FLOAT, DOUBLE and FLOAT16 are taken',
  ],
  "fewer weights than their shape says": [
    single(node("MatMul", ["x", "v"], "y"), { v: { dims: [3, 2], dataType: 1, floatData: [1, 2] } }),
    'tensor "v" has 2 elements, expected 6 for its shape [3,2]',
  ],
  "more bytes than their shape says": [
    single(node("MatMul", ["x", "v"], "y"), { v: { ...tensor(w), dims: [3, 1] } }),
    'tensor "v" has 24 bytes, expected 12 for its shape [3,1]',
  ],
  "a shape of more than there can be": [
    single(node("MatMul", ["x", "v"], "y"), { v: { ...tensor(w), dims: [2 ** 40, 2 ** 40] } }),
    'tensor "v" has the impossible shape [1099511627776,1099511627776]',
  ],
  "a negative size": [
    single(node("MatMul", ["x", "v"], "y"), { v: { ...tensor(w), dims: [-3, -2] } }),
    'tensor "v" has the shape [-3,-2], expected up to 16 whole numbers',
  ],
  "weights in a file that is not there": [
    single(node("MatMul", ["x", "v"], "y"), {
      v: {
        dims: [3, 2],
        dataType: 1,
        dataLocation: 1,
        externalData: [{ key: "location", value: "model.onnx.data" }],
      },
    }),
    'tensor "v" lies in the file "model.onnx.data" beside the model: pass its bytes as ' +
      'externalData: { "model.onnx.data": bytes }',
  ],
  "a cycle": [
    { node: [node("Identity", ["a"], "b2"), node("Identity", ["b2"], "a"), node("Relu", ["a"], "y")] },
    'tensor "a" depends on itself',
  ],
  "two nodes that write the same": [
    { node: [node("Relu", ["x"], "y"), node("Tanh", ["x"], "y")] },
    'node "y/Tanh" (Tanh) writes "y", which is there already; the file is broken',
  ],
  "no layer at all": [{ node: [node("Cast", ["x"], "y", { to: 1 })] }, "there is no layer between input and output"],
  "an output of constants": [
    single(node("Relu", ["w"], "y")),
    `node "y/Relu" (Relu) depends on no input of the model; ${INNER}`,
  ],
  "no output of floats": [
    { ...after([node("ArgMax", ["h"], "y")]), output: [valueInfo("y", ["n"], 7)] },
    'the model has no output of floats (outputs: "y"); name a tensor by the option output, of "y", "h"',
  ],
  "an operator set before 6": [
    { ...after([node("Relu", ["h"], "y")]), opset: 5 },
    "the model has operator set 5; 6 and newer ones are taken: convert it",
  ],
};

describe("importOnnx refuses", () => {
  it.each(Object.entries(REFUSED))("%s", (_name, [parts, message]) => {
    expectError(() => importOnnx(modelBytes(parts)), RangeError, `importOnnx: ${message}`);
  });
});
