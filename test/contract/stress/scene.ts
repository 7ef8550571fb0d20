/** One life of a network and of all that it uses, any of which may end whenever code of the caller's runs. */
import { Affine, type FloatArray, memoryUsage, type Tensor, tensor } from "affine-wasm";
import { adam, dense, layerNorm, type Optimizer, Sequential, sgd } from "affine-wasm/nn";
import { type QuantizedNetwork, quantize } from "affine-wasm/quantized";
import { arrayOf, type Random, wrong } from "../../support/cases.js";
import { computed } from "./bits.js";

export const ROWS = 24;
export const IN = 3;
export const OUT = 4;

/** One life of a network, with what it uses. */
export class Scene {
  readonly random: Random;
  readonly net: Sequential;
  readonly optimizer: Optimizer;
  readonly inputs: Tensor<"float32"> = tensor(ROWS * IN);
  readonly targets: Tensor<"float32"> = tensor(ROWS * OUT);
  readonly layer: Affine = new Affine(IN, OUT, { activation: "relu", seed: 1 });
  readonly small: QuantizedNetwork;
  readonly settled: { readonly tensor: Tensor; readonly value: number }[] = [];
  /** What happens when code of the caller's runs, and after how many calls. */
  readonly #act: () => void;
  readonly #ended = new Set<object>();
  #reading = false;
  /** Runs that a callback has begun, and nobody waits for. */
  readonly begun: Promise<void>[] = [];
  /** What a callback has noticed. */
  fault: string | null = null;
  #wait: number;

  constructor(random: Random) {
    this.random = random;
    this.net = new Sequential(IN, [dense(6, { activation: "tanh" }), layerNorm(), dense(OUT)], {
      seed: this.index(1e6),
    });
    const learningRate = (_step: number) => this.called(0.01);
    this.optimizer = this.index(2) ? adam({ learningRate }) : sgd({ learningRate, momentum: 0.9, clipNorm: 1 });
    this.inputs.data.set(arrayOf("float32", ROWS * IN, random));
    this.targets.data.set(arrayOf("float32", ROWS * OUT, () => (random() + 1) / 2));
    this.small = quantize(this.net);
    const acts: (() => void)[] = [
      ...this.#all().map((each) => () => this.#end(each)),
      () => this.#all().forEach((each) => void this.#end(each)),
      () => void this.net.predict(this.own()),
      () => void this.begun.push(this.train().catch(() => {})),
      () => tensor(memoryUsage().total / 4).dispose(),
    ];
    this.#act = acts[this.index(acts.length)] as () => void;
    // Rather early: most operations call the caller two or three times.
    this.#wait = Math.min(this.index(8), this.index(8));
  }

  #all(): { dispose(): void }[] {
    return [this.net, this.optimizer, this.inputs, this.targets, this.layer, this.small];
  }

  #end(thing: { dispose(): void }): void {
    thing.dispose();
    // A tensor that ends before its view is read, its memory another's by then, cannot be told from that.
    if (!this.#reading || !(thing === this.inputs || thing === this.targets)) this.#ended.add(thing);
  }

  /** To be called when something was computed: what it was computed with must have been there. */
  computedWith(uses: readonly object[]): void {
    if (uses.some((each) => this.#ended.has(each))) this.fault ??= "something was computed with what had ended";
  }

  index(length: number): number {
    return Math.floor(((this.random() + 1) / 2) * length);
  }

  /** Code of the caller's: at its time something ends, and others move in. */
  called<T>(value: T): T {
    if (this.#wait-- === 0) {
      this.#act();
      for (let i = 0; i < 40; i++) this.settle([16, 32, 80, 200][i % 4] as number);
    }
    return value;
  }

  #read<T>(value: T): T {
    this.#reading = true;
    this.called(value);
    this.#reading = false;
    return value;
  }

  settle(length: number): void {
    const made = tensor(length);
    // A probability: a view kept from before is read as one of the bytes' new owner's.
    const value = ((this.settled.length % 500) + 1) / 1024;
    made.data.fill(value);
    this.settled.push({ tensor: made, value });
  }

  /** The data of a tensor, or of its likes once it has ended. */
  dataOf(held: Tensor<"float32">): Float32Array {
    return held.disposed ? new Float32Array(held.length).fill(0.5) : held.data;
  }

  own(): Float32Array {
    return new Float32Array(ROWS * IN).fill(0.5);
  }

  labels(): Uint8Array {
    return new Uint8Array(ROWS).fill(1);
  }

  /** Fields behind getters that are code of the caller's. */
  odd<T extends object>(fields: T): T {
    const made = {} as T;
    for (const [name, value] of Object.entries(fields)) {
      Object.defineProperty(made, name, { enumerable: true, get: () => this.#read(value) });
    }
    return made;
  }

  /** A list whose entries are behind getters that are code of the caller's. */
  oddList<T>(entries: readonly T[]): T[] {
    const made = [...entries];
    for (const [i, entry] of entries.entries()) Object.defineProperty(made, i, { get: () => this.#read(entry) });
    return made;
  }

  /** Examples, and which tensors they lie in. */
  examples(ofTargets = this.index(2) === 0): { examples: never; uses: object[] } {
    const uses: object[] = [this.net];
    const use = (held: Tensor<"float32">) => {
      if (!held.disposed) uses.push(held);
      return this.dataOf(held);
    };
    const x = this.index(2) ? use(this.inputs) : this.own();
    if (ofTargets) return { examples: wrong(this.odd({ x, targets: use(this.targets) })), uses };
    const labels = Array.from(this.labels());
    Object.defineProperty(labels, this.index(ROWS), { get: () => this.#read(2) });
    return { examples: wrong({ x, labels }), uses };
  }

  /** A loss of the caller's own, which computes with the targets of a batch: ½ Σ (y − t)² / rows. */
  readonly ownLoss = (y: FloatArray, targets: FloatArray, dy: FloatArray): number => {
    let loss = 0;
    for (const [i, value] of y.entries()) {
      const error = value - (targets[i] as number);
      dy[i] = (error * OUT) / y.length;
      loss += (error * error * OUT) / (2 * y.length);
    }
    return this.called(loss);
  };

  /** @param own whether with a loss of the caller's own */
  run(own = this.index(3) === 0): [examples: never, options: never] {
    const { examples, uses } = this.examples(own || undefined);
    const held = this.index(2) ? this.examples(true) : undefined;
    const onBatch = () => {
      // Nothing reads the targets any more once a loss of the caller's has had its copies.
      this.computedWith([...uses.filter((each) => !own || each !== this.targets), this.optimizer]);
      this.called(undefined);
    };
    const onEpoch = () => {
      if (held) this.computedWith(held.uses.filter((each) => !own || each !== this.targets));
      this.called(undefined);
    };
    const batchSize = 1 + this.index(ROWS);
    const options = { optimizer: this.optimizer, epochs: 2, seed: 1, batchSize, onBatch, onEpoch };
    const all = { ...options, shuffle: this.index(2) === 0, ...(held && { validation: held.examples }) };
    if (own) Object.assign(all, { loss: this.ownLoss });
    return [examples, wrong(this.index(2) ? this.odd(all) : all)];
  }

  async train(): Promise<void> {
    await this.net.fit(wrong({ x: this.own(), labels: this.labels() }), {
      optimizer: this.optimizer,
      seed: 1,
      onBatch: () => {},
    });
  }

  /** What the operation has left in all that lives. */
  tell(): void {
    const parts: (() => readonly (FloatArray | null)[])[] = [
      () => this.net.layers.flatMap(({ weight, bias }) => [weight, bias]),
      () => [...this.optimizer.exportState().values()],
      () => [this.layer.weight, this.layer.forward(this.own())],
      () => [this.net.predict(this.own()), this.small.predict(this.own())],
    ];
    for (const part of parts) {
      try {
        computed(...part());
      } catch (error) {
        if (!/dispose\(\)|step/.test((error as Error).message)) throw error;
      }
    }
  }

  dispose(): void {
    for (const each of this.#all()) each.dispose();
    for (const { tensor: each } of this.settled) each.dispose();
  }
}
