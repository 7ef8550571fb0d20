/** What no call names, and what no call may change. */
import { Affine, type FloatArray, tensor } from "affine-wasm";
import { adam, dense, Sequential } from "affine-wasm/nn";
import { type QuantizedNetwork, quantize } from "affine-wasm/quantized";

/** Those that no call names, and how they were. */
export class Bystanders {
  readonly #layer = new Affine(5, 7, { seed: 1 });
  readonly #net = new Sequential(3, [dense(5), dense(2)], { seed: 2 });
  readonly #optimizer = adam({ learningRate: 0.1 });
  readonly #tensor = tensor(300);
  readonly #small: QuantizedNetwork = quantize(this.#net);
  #before: readonly FloatArray[] = [];

  async move(): Promise<void> {
    this.#tensor.data.fill(7);
    const examples = { x: new Float32Array(12).fill(1), labels: [0, 1, 1, 0] };
    await this.#net.fit(examples, { optimizer: this.#optimizer, seed: 1 });
    this.#before = this.#all().map((each) => each.slice());
  }

  verify(): void {
    for (const [i, now] of this.#all().entries()) {
      if (!now.every((value, j) => Object.is(value, this.#before[i]?.[j])))
        throw new Error(`bystander ${i} has changed`);
    }
  }

  dispose(): void {
    for (const each of [this.#layer, this.#net, this.#optimizer, this.#tensor, this.#small]) each.dispose();
  }

  #all(): FloatArray[] {
    const weights = this.#net.layers.flatMap(({ weight, bias }) => [weight, bias as Float32Array]);
    // Its weights are not to be read: what it computes is.
    const outputs = this.#small.predict(new Float32Array(6).fill(0.5));
    return [outputs, this.#tensor.data, this.#layer.weight, ...weights, ...this.#optimizer.exportState().values()];
  }
}
