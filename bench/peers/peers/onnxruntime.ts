/**
 * onnxruntime-web on WebAssembly. It has no tensors in its own memory for this backend: every run copies
 * its inputs in and its outputs out, and this is timed, as nobody can avoid it.
 */
import { env, InferenceSession, Tensor } from "onnxruntime-web";
import { backwardModel, forwardModel } from "../onnxModel.ts";
import { local, type Peer } from "../peer.ts";
import { versionOf } from "../version.ts";

export async function onnxruntime(threads: number): Promise<Peer> {
  env.wasm.numThreads = threads;
  return {
    name: "onnxruntime-web",
    version: versionOf("onnxruntime-web"),
    kind: "wasm",
    note: "every run copies its inputs in and its outputs out, which cannot be avoided; the gradients are an inference graph",
    async open(problem) {
      const { batch, inFeatures, outFeatures } = problem;
      const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" } as const;
      const [forward, backward] = await Promise.all(
        [forwardModel(problem), backwardModel(problem)].map((model) => InferenceSession.create(model, options)),
      );
      if (!forward || !backward) throw new Error("onnxruntime-web: no session");
      const tensor = (values: Float32Array, ...dims: number[]) => new Tensor("float32", values, dims);
      const x = tensor(problem.x, batch, inFeatures);
      const weight = tensor(problem.weight, inFeatures, outFeatures);
      const bias = tensor(problem.bias, outFeatures);
      const dy = tensor(problem.dy, batch, outFeatures);
      // Given arrays for its outputs, it would still return new ones: nothing is gained by allocating them here.
      const runForward = () => forward.run({ x, weight, bias });
      const runBackward = () => backward.run({ x, weight, dy });
      return local({
        forward: () => runForward().then(nothing),
        backward: () => runBackward().then(nothing),
        results: async (pass) => {
          const tensors = Object.entries(await (pass === "forward" ? runForward() : runBackward()));
          return Object.fromEntries(tensors.map(([name, { data }]) => [name, data as Float32Array]));
        },
        dispose: () => void Promise.all([forward.release(), backward.release()]),
      });
    },
  };
}

function nothing(): void {}
