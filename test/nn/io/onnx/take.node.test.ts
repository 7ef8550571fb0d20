/** What importOnnx takes: a model made for each rule, held to what the standard says of its operators. */
import { describe, it } from "vitest";
import { b, check, w } from "../../../support/onnxCheck.js";
import {
  float,
  floats,
  integers,
  type ModelParts,
  type Node,
  node,
  numbers,
  tensor,
  valueInfo,
} from "../../../support/onnxModels.js";

const wt = numbers([2, 3], 2);
const deep = { w1: numbers([3, 4], 4), b1: numbers([4], 5), w2: numbers([4, 2], 6), b2: numbers([2], 7) };

/** Two layers, with what is given in between: from "h" to "a". */
const between = (nodes: Node[], constants: ModelParts["constants"] = {}, opset = 17): ModelParts => ({
  node: [node("Gemm", ["x", "w1", "b1"], "h"), ...nodes, node("Gemm", ["a", "w2", "b2"], "y")],
  constants: { ...deep, ...constants },
  opset,
});
/** What is given, from "x" to "a", before a layer. */
const before = (
  nodes: Node[],
  constants: ModelParts["constants"] = {},
  rest: Partial<ModelParts> = {},
): ModelParts => ({
  node: [...nodes, node("Gemm", ["a", "w", "b"], "y")],
  constants: { w, b, ...constants },
  ...rest,
});
const scalar = (value: number) => ({ shape: [], values: [value] });
const root2 = scalar(Math.fround(Math.SQRT2));

const geluNodes = (x: string, y: string) => [
  node("Div", [x, "root"], "g1"),
  node("Erf", ["g1"], "g2"),
  node("Add", ["g2", "one"], "g3"),
  node("Mul", [x, "g3"], "g4"),
  node("Mul", ["g4", "half"], y),
];
const geluConstants = { root: root2, one: scalar(1), half: scalar(0.5) };

const normNodes = (x: string, y: string) => [
  node("ReduceMean", [x], "n1", { axes: [-1] }),
  node("Sub", [x, "n1"], "n2"),
  node("Pow", ["n2", "two"], "n3"),
  node("ReduceMean", ["n3"], "n4", { axes: [-1] }),
  node("Add", ["n4", "epsilon"], "n5"),
  node("Sqrt", ["n5"], "n6"),
  node("Div", ["n2", "n6"], y),
];

const MODELS: Readonly<Record<string, ModelParts>> = {
  Gemm: { node: [node("Gemm", ["x", "w", "b"], "y")], constants: { w, b } },
  "Gemm with transB": { node: [node("Gemm", ["x", "wt", "b"], "y", { transB: 1 })], constants: { wt, b } },
  "Gemm with alpha and beta": {
    node: [node("Gemm", ["x", "w", "b"], "y", { alpha: float(2), beta: float(0.5) })],
    constants: { w, b },
  },
  "Gemm without a bias": { node: [node("Gemm", ["x", "w"], "y")], constants: { w } },
  "Gemm with a bias of one row": {
    node: [node("Gemm", ["x", "w", "c"], "y")],
    constants: { w, c: { shape: [1, 2], values: b.values } },
  },
  "Gemm with one number as bias": { node: [node("Gemm", ["x", "w", "c"], "y")], constants: { w, c: scalar(0.5) } },
  MatMul: { node: [node("MatMul", ["x", "w"], "y")], constants: { w } },
  "MatMul and Add": { node: [node("MatMul", ["x", "w"], "h"), node("Add", ["h", "b"], "y")], constants: { w, b } },
  "MatMul and Add, the bias first": {
    node: [node("MatMul", ["x", "w"], "h"), node("Add", ["b", "h"], "y")],
    constants: { w, b },
  },
  "MatMul with a transposed constant": {
    node: [node("Transpose", ["wt"], "turned", { perm: [1, 0] }), node("MatMul", ["x", "turned"], "y")],
    constants: { wt },
  },
  "MatMul with a Transpose that changes nothing": {
    node: [node("Transpose", ["w"], "same", { perm: [0, 1] }), node("MatMul", ["x", "same"], "y")],
    constants: { w },
  },
  ...Object.fromEntries(
    ["Relu", "Sigmoid", "Tanh", "Gelu"].map((name) => [name, between([node(name, ["h"], "a")], {}, 20)]),
  ),
  LeakyRelu: between([node("LeakyRelu", ["h"], "a", { alpha: float(0.25) })]),
  "LeakyRelu by its default": between([node("LeakyRelu", ["h"], "a")]),
  "LeakyRelu of 0, which is Relu": between([node("LeakyRelu", ["h"], "a", { alpha: float(0) })]),
  "GELU of Div, Erf, Add, Mul, Mul": between(geluNodes("h", "a"), geluConstants),
  "GELU, the half first": between(
    [
      node("Mul", ["h", "half"], "g0"),
      node("Mul", ["h", "inverse"], "g1"),
      node("Erf", ["g1"], "g2"),
      node("Add", ["one", "g2"], "g3"),
      node("Mul", ["g3", "g0"], "a"),
    ],
    { ...geluConstants, inverse: scalar(Math.fround(Math.SQRT1_2)) },
  ),
  "GELU, the half at the sum": between(
    [
      node("Div", ["h", "root"], "g1"),
      node("Erf", ["g1"], "g2"),
      node("Add", ["g2", "one"], "g3"),
      node("Mul", ["half", "g3"], "g4"),
      node("Mul", ["h", "g4"], "a"),
    ],
    geluConstants,
  ),
  "GELU of a scaled layer": between([node("Mul", ["h", "half"], "s"), ...geluNodes("s", "a")], geluConstants),
  Elu: between([node("Elu", ["h"], "a", { alpha: float(0.5) })]),
  "Elu by its default": between([node("Elu", ["h"], "a")]),
  "SiLU of Sigmoid and Mul": between([node("Sigmoid", ["h"], "s"), node("Mul", ["h", "s"], "a")]),
  "SiLU, the sigmoid first": between([node("Sigmoid", ["h"], "s"), node("Mul", ["s", "h"], "a")]),
  LayerNormalization: between([node("LayerNormalization", ["h", "gamma", "beta"], "a", { epsilon: float(0.01) })], {
    gamma: numbers([4], 8),
    beta: numbers([4], 9),
  }),
  "LayerNormalization without a bias, before a layer": before([node("LayerNormalization", ["x", "gamma"], "a")], {
    gamma: numbers([3], 8),
  }),
  "LayerNormalization with an activation": between(
    [node("LayerNormalization", ["h", "gamma"], "n"), node("Relu", ["n"], "a")],
    { gamma: numbers([4], 8) },
  ),
  "layer norm in single steps": between(
    [...normNodes("h", "n"), node("Mul", ["n", "gamma"], "s"), node("Add", ["s", "beta"], "a")],
    { epsilon: scalar(0.01), two: scalar(2), gamma: numbers([4], 8), beta: numbers([4], 9) },
  ),
  "layer norm by a reciprocal, without weights": between(
    [...normNodes("h", "unused").slice(0, -1), node("Reciprocal", ["n6"], "n7"), node("Mul", ["n7", "n2"], "a")],
    { epsilon: scalar(0.01), two: scalar(2) },
  ),
  Identity: between([node("Identity", ["h"], "a")]),
  Dropout: between([node("Dropout", ["h"], "a")]),
  "Dropout that says it does not train": between([node("Dropout", ["h", "ratio", "off"], "a")], {
    ratio: scalar(0.5),
    off: { dims: [], dataType: 9, rawData: Uint8Array.of(0) },
  }),
  "Cast to float": before([node("Cast", ["x"], "a", { to: 1 })]),
  "Concat of one": before([node("Concat", ["x"], "a", { axis: 1 })]),
  Flatten: before([node("Flatten", ["x"], "a", { axis: 1 })]),
  "Reshape to [-1, 3]": before([node("Reshape", ["x", "shape"], "a")], { shape: integers([-1, 3]) }),
  "Reshape to [0, -1]": before([node("Reshape", ["x", "shape"], "a")], { shape: integers([0, -1]) }),
  "Reshape by PyTorch's computed shape": before(
    [
      node("Shape", ["x"], "s1"),
      node("Gather", ["s1", "first"], "s2", { axis: 0 }),
      node("Unsqueeze", ["s2", "axes"], "s3"),
      node("Concat", ["s3", "rest"], "s4", { axis: 0 }),
      node("Reshape", ["x", "s4"], "a"),
    ],
    { first: integers([0], []), axes: integers([0]), rest: integers([-1]) },
  ),
  "images flattened": before([node("Flatten", ["x"], "a")], {}, { input: [valueInfo("x", ["n", 1, 3])] }),
  "a fixed batch": before([node("Identity", ["x"], "a")], {}, { input: [valueInfo("x", [4, 3])] }),
  "a normaliser: Sub and Div": before([node("Sub", ["x", "mean"], "s"), node("Div", ["s", "deviation"], "a")], {
    mean: numbers([3], 8),
    deviation: { shape: [1, 3], values: [0.5, 2, 4] },
  }),
  "a normaliser: Mul and Add": before([node("Mul", ["x", "f"], "s"), node("Add", ["s", "o"], "a")], {
    f: numbers([3], 8),
    o: numbers([3], 9),
  }),
  "a normaliser of one number": before([node("Div", ["x", "d"], "a")], { d: scalar(255) }),
  "Sub from a constant": before([node("Sub", ["c", "x"], "a")], { c: numbers([3], 8) }),
  Scaler: before(
    [
      {
        ...node("Scaler", ["x"], "a", { offset: floats([1, 2, 3]), scale: floats([0.5, 2, 1]) }),
        domain: "ai.onnx.ml",
      },
    ],
    {},
    { domains: ["ai.onnx.ml"] },
  ),
  "a scale between layers, after an activation": between(
    [node("Tanh", ["h"], "t"), node("Mul", ["t", "f"], "s"), node("Sub", ["s", "o"], "a")],
    { f: numbers([4], 8), o: scalar(0.25) },
  ),
  "a scale after a layer without a bias": {
    node: [node("MatMul", ["x", "w"], "h"), node("Mul", ["h", "f"], "y")],
    constants: { w, f: numbers([2], 8) },
  },
  "BatchNormalization after a layer": between(
    [node("BatchNormalization", ["h", "gamma", "beta", "mean", "variance"], "a", { epsilon: float(0.001) })],
    {
      gamma: numbers([4], 8),
      beta: numbers([4], 9),
      mean: numbers([4], 10),
      variance: { shape: [4], values: [0.5, 1, 2, 0.25] },
    },
  ),
  "weights as Constant nodes": {
    node: [
      node("Constant", [], "w", { value: { type: 4, t: tensor(w) } }),
      node("Constant", [], "b", { value_floats: floats([...b.values]) }),
      node("Constant", [], "f", { value_float: float(0.5) }),
      node("MatMul", ["x", "w"], "h"),
      node("Add", ["h", "b"], "s"),
      node("Mul", ["s", "f"], "y"),
    ],
  },
  "typed weights": { node: [node("Gemm", ["x", "w", "b"], "y")], constants: { w: tensor(w, "typed"), b } },
  "weights in float64": { node: [node("Gemm", ["x", "w", "b"], "y")], constants: { w: tensor(w, "double"), b } },
  "weights in float16": { node: [node("Gemm", ["x", "w", "b"], "y")], constants: { w: tensor(w, "float16"), b } },
  "weights that are inputs too, as before version 4 of the format": {
    node: [node("Gemm", ["x", "w", "b"], "y")],
    constants: { w, b },
    input: [valueInfo("x", ["n", 3]), valueInfo("w", [3, 2]), valueInfo("b", [2])],
  },
  "operator set 6": {
    node: [node("MatMul", ["x", "w"], "h"), node("Add", ["h", "b"], "y", { broadcast: 1, axis: 1 })],
    constants: { w, b },
    opset: 6,
  },
  "more inputs and outputs": {
    node: [node("Identity", ["state"], "passed"), node("Gemm", ["x", "w", "b"], "y")],
    constants: { w, b },
    input: [valueInfo("state", ["n"]), valueInfo("x", ["n", 3])],
    output: [valueInfo("passed", ["n"]), "y"],
  },
};

describe("importOnnx takes", () => {
  it.each(Object.entries(MODELS))("%s", (_name, parts) => check(parts));
});
