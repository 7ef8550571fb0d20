/** numpy-ts: NumPy's interface on WebAssembly SIMD kernels. */
import { add, ascontiguousarray, frombuffer, matmul, type NDArrayCore, reshape, sum, transpose } from "numpy-ts/core";
import { local, type Peer } from "../peer.ts";
import { versionOf } from "../version.ts";

export async function numpyTs(): Promise<Peer> {
  return {
    name: "numpy-ts",
    version: versionOf("numpy-ts"),
    kind: "wasm",
    note: "transposed operands copied first, which is faster than its products with transposed views",
    async open({ batch, inFeatures, outFeatures, ...operands }) {
      const array = (values: Float32Array, shape: number[]) => reshape(frombuffer(values.slice(), "float32"), shape);
      const x = array(operands.x, [batch, inFeatures]);
      const weight = array(operands.weight, [inFeatures, outFeatures]);
      const bias = array(operands.bias, [outFeatures]);
      const dy = array(operands.dy, [batch, outFeatures]);
      const forward = () => {
        using product = matmul(x, weight);
        return add(product, bias);
      };
      // A product with a transposed view takes a slow path, ten times slower than copying first.
      const transposed = (matrix: NDArrayCore) => {
        using view = transpose(matrix);
        return ascontiguousarray(view);
      };
      const backward = () => {
        using weightT = transposed(weight);
        using xT = transposed(x);
        return [matmul(dy, weightT), matmul(xT, dy), sum(dy, 0) as NDArrayCore] as const;
      };
      const read = (each: NDArrayCore) => (each.data as Float32Array).slice();
      return local({
        forward: () => forward().dispose(),
        backward: () => {
          for (const each of backward()) each.dispose();
        },
        results: (pass) => {
          if (pass === "forward") return { y: read(forward()) };
          const [dx, dWeight, dBias] = backward();
          return { dx: read(dx), dWeight: read(dWeight), dBias: read(dBias) };
        },
        dispose: () => {
          for (const each of [x, weight, bias, dy]) each.dispose();
        },
      });
    },
  };
}
