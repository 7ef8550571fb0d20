/** What every page does with the library: one layer worked out by hand, and bits to compare with another engine's. */
import { Affine, backend, type DType, initSync, type Variant } from "affine-wasm";

/** Y = X·W + b over four rows, and its gradients, in integers that a reader can check. */
export function workedExample() {
  const layer = new Affine(2, 1);
  layer.weight.set([3, 2]);
  layer.bias?.set([1]);
  const y = layer.forward(Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1));
  const dx = layer.backward(Float32Array.of(1, 2, 3, 4));
  const result = { y: [...y], dx: [...dx], dWeight: [...layer.dWeight], dBias: [...(layer.dBias ?? [])] };
  layer.dispose();
  return result;
}

/** The bits of a layer with tiles and edges: its starting weights, Y, dX, dW and db, in float32 and float64. */
export function bitsOf(variant: Variant) {
  initSync(undefined, { variant });
  return { variant: backend(), float32: layerBits("float32"), float64: layerBits("float64") };
}

function layerBits(dtype: DType) {
  const [batch, inFeatures, outFeatures] = [7, 37, 19];
  const layer = new Affine(inFeatures, outFeatures, { dtype, activation: "relu", seed: 1 });
  const kind = dtype === "float32" ? Float32Array : Float64Array;
  const y = layer.forward(noise(new kind(batch * inFeatures), 2) as never);
  const dx = layer.backward(noise(new kind(batch * outFeatures), 3) as never);
  const arrays = { weight: layer.weight, y, dx, dWeight: layer.dWeight, dBias: layer.dBias };
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array && bits(array)]));
}

/** Uniform numbers in [-1, 1) from a fixed seed. */
function noise<A extends Float32Array | Float64Array>(array: A, seed: number): A {
  let state = seed;
  for (let i = 0; i < array.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    array[i] = state / 2147483648 - 1;
  }
  return array;
}

/** As 32-bit words, which JSON keeps as they are: it would lose the sign of a zero. */
function bits(array: Float32Array | Float64Array): number[] {
  return [...new Uint32Array(array.buffer, array.byteOffset, array.byteLength / 4)];
}
