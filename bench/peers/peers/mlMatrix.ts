/** ml-matrix: rows of float64 in plain JavaScript. */
import { Matrix } from "ml-matrix";
import { local, type Peer } from "../peer.ts";
import { versionOf } from "../version.ts";

export async function mlMatrix(): Promise<Peer> {
  return {
    name: "ml-matrix",
    version: versionOf("ml-matrix"),
    kind: "js",
    note: "in float64, all it has",
    async open({ batch, inFeatures, outFeatures, ...operands }) {
      const x = Matrix.from1DArray(batch, inFeatures, operands.x);
      const weight = Matrix.from1DArray(inFeatures, outFeatures, operands.weight);
      const dy = Matrix.from1DArray(batch, outFeatures, operands.dy);
      const bias = [...operands.bias];
      let [y, dx, dWeight] = [dy, x, weight];
      let dBias: number[] = bias;
      const flat = (matrix: Matrix) => Float32Array.from(matrix.to1DArray());
      return local({
        forward: () => {
          y = x.mmul(weight).addRowVector(bias);
        },
        backward: () => {
          dx = dy.mmul(weight.transpose());
          dWeight = x.transpose().mmul(dy);
          dBias = dy.sum("column");
        },
        results: () => ({ y: flat(y), dx: flat(dx), dWeight: flat(dWeight), dBias: Float32Array.from(dBias) }),
      });
    },
  };
}
