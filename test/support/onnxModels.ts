/** ONNX models made by hand, and what they compute, in float64: as the standard says, not as the importer reads them. */
import protobuf, { type onnx } from "onnx-proto";

const { ModelProto } = protobuf.onnx;

export type Node = onnx.INodeProto;

export interface Values {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface ModelParts {
  readonly node: readonly Node[];
  readonly constants?: Readonly<Record<string, Values | onnx.ITensorProto>>;
  readonly input?: readonly onnx.IValueInfoProto[];
  readonly output?: readonly (string | onnx.IValueInfoProto)[];
  readonly opset?: number;
  readonly domains?: readonly string[];
}

export function node(opType: string, input: string[], output: string, attributes: Record<string, unknown> = {}): Node {
  return { opType, name: `${output}/${opType}`, input, output: [output], attribute: attributesOf(attributes) };
}

function attributesOf(attributes: Record<string, unknown>): onnx.IAttributeProto[] {
  return Object.entries(attributes).map(([name, value]) => {
    if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
    if (typeof value === "number")
      return Number.isInteger(value) ? { name, type: 2, i: value } : { name, type: 1, f: value };
    if (Array.isArray(value)) return { name, type: 7, ints: value };
    return { name, ...(value as object) };
  });
}

/** An attribute that is a float, whatever its value. */
export const float = (f: number) => ({ type: 1, f });
export const floats = (values: number[]) => ({ type: 6, floats: values });

/** Floats as a tensor, in one of the ways in which files hold them. */
export function tensor(
  { shape, values }: Values,
  how: "raw" | "typed" | "double" | "float16" = "raw",
): onnx.ITensorProto {
  const dims = [...shape];
  if (how === "typed") return { dims, dataType: 1, floatData: [...values] };
  if (how === "double") return { dims, dataType: 11, rawData: bytes(Float64Array.from(values)) };
  if (how === "float16") return { dims, dataType: 10, rawData: bytes(Uint16Array.from(values, float16)) };
  return { dims, dataType: 1, rawData: bytes(Float32Array.from(values)) };
}

export const integers = (values: number[], shape = [values.length]): onnx.ITensorProto => ({
  dims: shape,
  dataType: 7,
  rawData: bytes(BigInt64Array.from(values, BigInt)),
});

function bytes(array: ArrayBufferView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The bits of a number that binary16 holds exactly, such as multiples of 1/64 below 16. */
function float16(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = (Math.abs(value) / 2 ** exponent - 1) * 1024;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
}

export function valueInfo(name: string, dims: readonly (number | string)[], elemType = 1): onnx.IValueInfoProto {
  const dim = dims.map((each) => (typeof each === "number" ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

const isTensor = (each: Values | onnx.ITensorProto): each is onnx.ITensorProto => !("values" in each);

export function modelBytes({
  node: nodes,
  constants = {},
  input,
  output = ["y"],
  opset = 17,
  domains = [],
}: ModelParts) {
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }, ...domains.map((domain) => ({ domain, version: 1 }))],
    graph: {
      name: "made",
      node: [...nodes],
      initializer: Object.entries(constants).map(([name, each]) => ({
        ...(isTensor(each) ? each : tensor(each)),
        name,
      })),
      input: [...(input ?? [valueInfo("x", ["batch", 3])])],
      output: output.map((each) => (typeof each === "string" ? valueInfo(each, ["batch", 2]) : each)),
    },
  }).finish();
}

/** Some numbers that float16 holds exactly. */
export function numbers(shape: readonly number[], seed = 1): Values {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, values: Array.from({ length }, (_, i) => Math.round(32 * Math.sin(seed * 7 + 1.7 * i)) / 32) };
}
