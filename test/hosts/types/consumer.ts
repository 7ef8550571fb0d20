/** A user's program, whose types say what the package's types must. */
import { Affine, type AffineOptions, initSync, type Tensor, tensor } from "affine-wasm";
import { instantiateKernels } from "affine-wasm/kernels";
import { adam, dense, loadWeights, parseSafetensors, Sequential, saveWeights, writeSafetensors } from "affine-wasm/nn";
import { writeFileAtomic } from "affine-wasm/node";
import { readNpy, writeNpy } from "affine-wasm/npy";
import { exportOnnx } from "affine-wasm/onnx";
import { restore } from "affine-wasm/tfjs";

const options: AffineOptions<"float64"> = { dtype: "float64" };
const layer = new Affine(2, 1, options);
const y: Float64Array = layer.forward(Float64Array.of(1, 2));
const place: Tensor<"float32"> = tensor(8);
const net = new Sequential(2, [dense(1)]);
const bytes: Uint8Array = saveWeights(net);
loadWeights(net, bytes);
const file = new Blob([
  saveWeights(net),
  exportOnnx(net),
  writeNpy(y),
  writeSafetensors({ y: { dtype: "F64", shape: [1], data: y } }),
]);

// Were a type "any", there would be no error to expect.
// @ts-expect-error
const text: string = saveWeights(net);
// @ts-expect-error
initSync(undefined, { variant: "fast" });
// @ts-expect-error
new Affine("2", 1);
// @ts-expect-error
readNpy(bytes).shape = "2";
// @ts-expect-error
writeFileAtomic(1, bytes);
// @ts-expect-error
instantiateKernels(net);
// @ts-expect-error
restore(1);

export async function work(): Promise<unknown> {
  const history = await net.fit({ x: place.data, labels: [0] }, { optimizer: adam({ learningRate: 0.1 }) });
  const accuracy: number | undefined = history[0]?.validation?.accuracy;
  return [text, y, file, accuracy, parseSafetensors(bytes).tensors.get("0.weight")?.shape];
}
