/** What an ONNX model computes, in float64, for the operators that the tests use. Source: https://onnx.ai/onnx/operators. */
import { normalDistribution } from "./nn/precise.js";
import type { ModelParts, Node, Values } from "./onnxModels.js";

type Row = readonly number[];
/** A matrix, row by row; a constant of fewer dimensions is one row. */
type Matrix = readonly Row[];

const erf = (x: number) => {
  const [high, low] = normalDistribution(x * Math.SQRT2);
  return 2 * (high - 0.5 + low);
};

const elementwise: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
};

const unary: Readonly<Record<string, (x: number, alpha: number) => number>> = {
  Relu: (x) => Math.max(x, 0),
  LeakyRelu: (x, alpha) => (x < 0 ? alpha * x : x),
  Elu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Tanh: Math.tanh,
  Erf: erf,
  Gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
};

const SAME = ["Shape", "Gather", "Unsqueeze", "Identity", "Dropout", "Cast", "Concat", "Flatten", "Reshape", "ZipMap"];

export function evaluate({ node, constants = {} }: ModelParts, x: Matrix, output = "y"): Matrix {
  const known = new Map<string, Matrix>(
    Object.entries(constants).flatMap(([name, each]) => ("values" in each ? [[name, matrixOf(each)] as const] : [])),
  );
  known.set("x", x);
  for (const each of node) {
    const inputs = (each.input ?? []).map((name) => known.get(name) as Matrix);
    if (each.opType === "Constant") continue;
    known.set(each.output?.[0] as string, compute(each, inputs));
  }
  return known.get(output) as Matrix;
}

export function matrixOf({ shape, values }: Values): Matrix {
  const columns = shape.at(-1) ?? 1;
  const rows = values.length / columns;
  return Array.from({ length: rows }, (_, i) => values.slice(i * columns, (i + 1) * columns));
}

function compute(node: Node, inputs: readonly Matrix[]): Matrix {
  const [a, b, c, d, e] = inputs as [Matrix, Matrix, Matrix, Matrix, Matrix];
  const attribute = (name: string) => node.attribute?.find((each) => each.name === name);
  const number = (name: string, without: number) => {
    const found = attribute(name);
    return found ? (found.type === 1 ? (found.f as number) : Number(found.i)) : without;
  };
  const operator = node.opType as string;
  if (SAME.includes(operator)) return a;
  const binary = elementwise[operator];
  if (binary) return pairs(a, b, binary);
  const single = unary[operator];
  const alpha = operator === "Elu" ? 1 : 0.01;
  if (single) return a.map((row) => row.map((each) => single(each, number("alpha", alpha))));
  switch (operator) {
    case "Transpose":
      return attribute("perm")?.ints?.[0] === 0 ? a : turned(a);
    case "MatMul":
      return product(a, b);
    case "Gemm": {
      const scaled = scale(product(a, number("transB", 0) ? turned(b) : b), number("alpha", 1));
      return c ? pairs(scaled, scale(c, number("beta", 1)), (s, t) => s + t) : scaled;
    }
    case "Softmax":
      return a.map((row) => {
        const powers = row.map((each) => Math.exp(each - Math.max(...row)));
        return scale([powers], 1 / sum(powers))[0] as Row;
      });
    case "ReduceMean":
      return a.map((row) => [sum(row) / row.length]);
    case "BatchNormalization":
      return a.map((row) =>
        row.map((each, j) => {
          const [gamma, beta, mean, variance] = [b, c, d, e].map((row) => row[0]?.[j] as number) as number[];
          const deviation = Math.sqrt((variance as number) + number("epsilon", 1e-5));
          return ((each - (mean as number)) / deviation) * (gamma as number) + (beta as number);
        }),
      );
    case "LayerNormalization":
      return a.map((row) => {
        const mean = sum(row) / row.length;
        const variance = sum(row.map((each) => (each - mean) ** 2)) / row.length;
        const deviation = Math.sqrt(variance + number("epsilon", 1e-5));
        return row.map((each, j) => ((each - mean) / deviation) * (b[0]?.[j] as number) + (c?.[0]?.[j] ?? 0));
      });
    case "Scaler": {
      const [offset, factor] = ["offset", "scale"].map((name) => attribute(name)?.floats as number[]);
      return a.map((row) => row.map((each, j) => (each - (offset?.[j] as number)) * (factor?.[j] as number)));
    }
  }
  throw new Error(`evaluate: no ${operator}`);
}

const sum = (row: Row) => row.reduce((total, each) => total + each, 0);
const scale = (matrix: Matrix, factor: number) => matrix.map((row) => row.map((each) => each * factor));
const turned = (matrix: Matrix): Matrix => (matrix[0] as Row).map((_, j) => matrix.map((row) => row[j] as number));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => (b[0] as Row).map((_, j) => sum(row.map((each, p) => each * (b[p]?.[j] as number)))));

/** Element by element, one row or one column standing for all. */
function pairs(a: Matrix, b: Matrix, f: (a: number, b: number) => number): Matrix {
  const rows = Math.max(a.length, b.length);
  const columns = Math.max(a[0]?.length ?? 0, b[0]?.length ?? 0);
  const at = (m: Matrix, i: number, j: number) => {
    const row = m[m.length === 1 ? 0 : i] as Row;
    return row[row.length === 1 ? 0 : j] as number;
  };
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => f(at(a, i, j), at(b, i, j))));
}
