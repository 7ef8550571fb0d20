/**
 * `npm run bench:tfjs -- --profile`: where a training step of 784-100-10 in TensorFlow.js goes, by its kernels; with the import,
 * what is left of the products when a layer of this library computes the same ones.
 */
import type { KernelConfig, KernelFunc } from "@tensorflow/tfjs-core";

const STEPS = 1500;

interface Spent {
  calls: number;
  milliseconds: number;
}

export async function profile(step: () => Promise<unknown>): Promise<void> {
  const tf = await import("@tensorflow/tfjs-core");
  const spent = new Map<string, Spent>();
  const timed = ({ kernelName, kernelFunc }: KernelConfig): KernelFunc => {
    const sum: Spent = { calls: 0, milliseconds: 0 };
    spent.set(kernelName, sum);
    return (params) => {
      const start = performance.now();
      const result = kernelFunc(params);
      sum.milliseconds += performance.now() - start;
      sum.calls++;
      return result;
    };
  };
  for (const kernel of tf.getKernelsForBackend("wasm")) {
    tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel({ ...kernel, kernelFunc: timed(kernel) });
  }
  for (let i = 0; i < STEPS / 5; i++) await step();
  for (const sum of spent.values()) Object.assign(sum, { calls: 0, milliseconds: 0 });
  const start = performance.now();
  for (let i = 0; i < STEPS; i++) await step();
  const whole = (1000 * (performance.now() - start)) / STEPS;

  console.log("kernel                 calls     µs a step");
  let inKernels = 0;
  for (const [name, { calls, milliseconds }] of [...spent].sort(([, a], [, b]) => b.milliseconds - a.milliseconds)) {
    if (calls === 0) continue;
    const each = (1000 * milliseconds) / STEPS;
    inKernels += each;
    console.log(`${name.padEnd(22)} ${(calls / STEPS).toFixed(0).padStart(5)} ${each.toFixed(1).padStart(13)}`);
  }
  console.log(`all kernels            ${inKernels.toFixed(0).padStart(19)}`);
  console.log(`TensorFlow.js around   ${(whole - inKernels).toFixed(0).padStart(19)}`);
  console.log(`a step                 ${whole.toFixed(0).padStart(19)}`);
  console.log(`the products, by two Affine layers ${(await productsAlone()).toFixed(0).padStart(7)}`);
}

/** The median of what two layers of this library take for the five products of a step, in µs. */
async function productsAlone(): Promise<number> {
  const { Affine, tensor } = await import("affine-wasm");
  const filled = (length: number) => {
    const held = tensor(length);
    held.data.forEach((_, i) => {
      held.data[i] = ((i * 7) % 17) / 9 - 0.9;
    });
    return held.data;
  };
  const [first, second] = [new Affine(784, 100), new Affine(100, 10)];
  const [x, hidden, y, dHidden] = [filled(78400), filled(10000), filled(1000), filled(10000)];
  const times = Array.from({ length: STEPS }, () => {
    const start = performance.now();
    first.forward(x, hidden);
    second.forward(hidden, y);
    second.backward(y, { out: dHidden });
    first.backward(dHidden, { inputGradient: false });
    return 1000 * (performance.now() - start);
  });
  return times.sort((a, b) => a - b)[STEPS >> 1] as number;
}
