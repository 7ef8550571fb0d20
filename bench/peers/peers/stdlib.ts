/** @stdlib/blas-base-sgemm: the BLAS interface in plain JavaScript. */
import sgemm from "@stdlib/blas-base-sgemm";
import { local, outputsOf, type Peer } from "../peer.ts";
import { versionOf } from "../version.ts";

export async function stdlib(): Promise<Peer> {
  return {
    name: "@stdlib sgemm",
    version: versionOf("@stdlib/blas-base-sgemm"),
    kind: "js",
    async open(problem) {
      const { batch, inFeatures: i, outFeatures: o, x, weight, bias, dy } = problem;
      const { y, dx, dWeight, dBias } = outputsOf(problem);
      const [plain, transposed] = ["no-transpose", "transpose"] as const;
      return local({
        forward: () => {
          for (let s = 0; s < batch; s++) y.set(bias, s * o);
          sgemm("row-major", plain, plain, batch, o, i, 1, x, i, weight, o, 1, y, o);
        },
        backward: () => {
          sgemm("row-major", plain, transposed, batch, i, o, 1, dy, o, weight, o, 0, dx, i);
          sgemm("row-major", transposed, plain, i, o, batch, 1, x, i, dy, o, 0, dWeight, o);
          dBias.fill(0);
          for (let s = 0, at = 0; s < batch; s++) {
            for (let j = 0; j < o; j++, at++) dBias[j] = (dBias[j] as number) + (dy[at] as number);
          }
        },
        results: () => ({ y, dx, dWeight, dBias }),
      });
    },
  };
}
