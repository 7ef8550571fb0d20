/** The same layer in the hands of affine-wasm, TensorFlow.js and plain JavaScript. */
import { Affine, tensor } from "affine-wasm";
import type { Pass } from "../../../bench/common/layers.ts";
import type { Problem, Results } from "../../../bench/common/problem.ts";
import { blocked, naive, type PlainProduct, plainBackward, plainForward } from "../../../tools/plain.ts";

/** The library, or what it is compared with. */
export type Name = "affine" | "tfjs" | "plain";

/** A layer that is ready to run. */
export interface Contender {
  readonly name: Name;
  readonly forward: () => void;
  readonly backward: () => void;
  /** Runs a pass and returns what came out, in arrays of its own. */
  readonly results: (pass: Pass) => Results;
  readonly dispose: () => void;
}

/** As a user would who copies nothing: the operands are tensors in the module's memory. */
export function affine({ batch, inFeatures, outFeatures, ...operands }: Problem): Contender {
  const layer = new Affine(inFeatures, outFeatures, { initializer: "zeros" });
  const [x, dy] = [tensor(batch * inFeatures), tensor(batch * outFeatures)];
  const [y, dx] = [tensor(batch * outFeatures), tensor(batch * inFeatures)];
  layer.weight.set(operands.weight);
  layer.bias?.set(operands.bias);
  x.data.set(operands.x);
  dy.data.set(operands.dy);
  const forward = () => void layer.forward(x.data, y.data);
  const backward = () => void layer.backward(dy.data, { out: dx.data });
  // The kernels' scratch space may make the memory grow, once; then the views that are in use stay.
  forward();
  backward();
  return {
    name: "affine",
    forward,
    backward,
    results: (pass) => {
      forward();
      if (pass === "forward") return { y: y.data.slice() };
      backward();
      return { dx: dx.data.slice(), dWeight: layer.dWeight.slice(), dBias: layer.dBias?.slice() };
    },
    dispose: () => {
      for (const each of [layer, x, dy, y, dx]) each.dispose();
    },
  };
}

/** Small layers gain nothing from packing: the faster of the textbook's loops and the blocked product. */
const PACKS_FROM = 2 ** 18;

export function plain(problem: Problem): Contender {
  const { batch, inFeatures, outFeatures } = problem;
  const product: PlainProduct = batch * inFeatures * outFeatures < PACKS_FROM && batch < 8 ? naive : blocked;
  const y = new Float32Array(batch * outFeatures);
  const dx = new Float32Array(batch * inFeatures);
  const dWeight = new Float32Array(inFeatures * outFeatures);
  const dBias = new Float32Array(outFeatures);
  const forward = () => plainForward(product, problem, problem, y);
  const backward = () => plainBackward(product, problem, problem, { dx, dWeight, dBias });
  return {
    name: "plain",
    forward,
    backward,
    results: (pass) => {
      if (pass === "forward") {
        forward();
        return { y };
      }
      backward();
      return { dx, dWeight, dBias };
    },
    dispose: () => {},
  };
}
