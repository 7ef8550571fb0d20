/**
 * Networks, optimizers and runs that end in the middle: in every place where a run calls the caller's code, anything it uses
 * may be disposed, and others move in at once. Bystanders, which no call names (tensors, a layer, a network, the state of an
 * optimizer), are compared bit by bit after every operation, and an error must be one of the library's own.
 */
import { Affine, type FloatArray, memoryUsage, type Tensor, tensor } from "affine-wasm";
import {
  adam,
  dense,
  layerNorm,
  loadCheckpoint,
  type Optimizer,
  Sequential,
  saveCheckpoint,
  sgd,
} from "affine-wasm/nn";
import { arrayOf, type Random, randomFrom, wrong } from "../../support/cases.js";
import { StressFailure } from "./failure.js";

const ROWS = 24;
const IN = 3;
const OUT = 4;
/** What the library may say when something it uses has ended. */
const ENDED = /^(fit|epochs|evaluate|predict|backward|importState|loadCheckpoint|saveCheckpoint|weight): .*dispose\(\)/;
const DETACHED = /^(fit|epochs|evaluate|predict): .* is detached: /;

/** One life of a network, with what it uses. */
class Scene {
  readonly random: Random;
  readonly net: Sequential;
  readonly optimizer: Optimizer;
  readonly inputs: Tensor<"float32"> = tensor(ROWS * IN);
  readonly targets: Tensor<"float32"> = tensor(ROWS * OUT);
  readonly layer: Affine = new Affine(IN, OUT, { activation: "relu", seed: 1 });
  readonly settled: { readonly tensor: Tensor; readonly value: number }[] = [];
  /** What happens when code of the caller's runs, and after how many calls. */
  readonly #act: () => void;
  readonly #ended = new Set<object>();
  #reading = false;
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
    const ends = [this.net, this.optimizer, this.inputs, this.targets, this.layer];
    const acts: (() => void)[] = [
      ...ends.map((each) => () => this.#end(each)),
      () => ends.forEach((each) => void this.#end(each)),
      () => void this.net.predict(this.own()),
      () => void this.net.fit({ x: this.own(), labels: this.labels() }, { optimizer: this.optimizer }).catch(() => {}),
      () => tensor(memoryUsage().total / 4).dispose(),
    ];
    this.#act = acts[this.index(acts.length)] as () => void;
    this.#wait = this.index(8);
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

  run(): [examples: never, options: never] {
    const { examples, uses } = this.examples();
    const held = this.index(2) ? this.examples(true) : undefined;
    const onBatch = () => {
      this.computedWith([...uses, this.optimizer]);
      this.called(undefined);
    };
    const onEpoch = () => {
      if (held) this.computedWith(held.uses);
      this.called(undefined);
    };
    const options = { optimizer: this.optimizer, epochs: 2, batchSize: 1 + this.index(ROWS), onBatch, onEpoch };
    const all = { ...options, shuffle: this.index(2) === 0, ...(held && { validation: held.examples }) };
    return [examples, wrong(this.index(2) ? this.odd(all) : all)];
  }

  async train(): Promise<void> {
    await this.net.fit(wrong({ x: this.own(), labels: this.labels() }), {
      optimizer: this.optimizer,
      onBatch: () => {},
    });
  }

  dispose(): void {
    for (const each of [this.net, this.optimizer, this.inputs, this.targets, this.layer]) each.dispose();
    for (const { tensor: each } of this.settled) each.dispose();
  }
}

const OPERATIONS: Readonly<Record<string, (scene: Scene) => Promise<unknown> | unknown>> = {
  fit: (scene) => scene.net.fit(...scene.run()),
  "two runs at once": async (scene) => {
    const run = async () => scene.net.fit(...scene.run());
    const failed = (await Promise.allSettled([run(), run()])).find(({ status }) => status === "rejected");
    if (failed) throw (failed as PromiseRejectedResult).reason;
  },
  epochs: async (scene) => {
    const run = scene.net.epochs(...scene.run());
    scene.called(undefined);
    for await (const _ of run) scene.called(undefined);
  },
  evaluate: (scene) => {
    const { examples, uses } = scene.examples();
    scene.net.evaluate(examples, scene.odd({ batchSize: 5 }));
    scene.computedWith(uses);
  },
  predict: (scene) => {
    scene.net.predict(scene.dataOf(scene.inputs), undefined, wrong(scene.odd({ layers: 2 })));
    scene.computedWith([scene.net, scene.inputs]);
  },
  "backward of a layer": (scene) => {
    scene.layer.backward(scene.layer.forward(scene.dataOf(scene.inputs)));
    scene.layer.forward(scene.dataOf(scene.inputs));
    scene.called(undefined);
    scene.layer.backward(new Float32Array(ROWS * OUT).fill(1), scene.odd({ inputGradient: true }));
    scene.computedWith([scene.layer, scene.inputs]);
  },
  importState: async (scene) => {
    await scene.train();
    const state = new Map([...scene.optimizer.exportState()].map(([name, values]) => [name, values.slice()]));
    scene.called(undefined);
    scene.optimizer.importState(state, 1);
  },
  checkpoints: async (scene) => {
    await scene.train();
    const bytes = saveCheckpoint(scene.net, scene.optimizer, scene.odd({ epoch: 1 }));
    scene.called(undefined);
    loadCheckpoint(scene.net, scene.optimizer, bytes, scene.odd({ maxBytes: 2 ** 20 }));
  },
};

/** Those that no call names, and how they were. */
class Bystanders {
  readonly #layer = new Affine(5, 7, { seed: 1 });
  readonly #net = new Sequential(3, [dense(5), dense(2)], { seed: 2 });
  readonly #optimizer = adam({ learningRate: 0.1 });
  readonly #tensor = tensor(300);
  #before: readonly FloatArray[] = [];

  async move(): Promise<void> {
    this.#tensor.data.fill(7);
    await this.#net.fit({ x: new Float32Array(12).fill(1), labels: [0, 1, 1, 0] }, { optimizer: this.#optimizer });
    this.#before = this.#all().map((each) => each.slice());
  }

  verify(): void {
    for (const [i, now] of this.#all().entries()) {
      if (!now.every((value, j) => Object.is(value, this.#before[i]?.[j])))
        throw new Error(`bystander ${i} has changed`);
    }
  }

  dispose(): void {
    for (const each of [this.#layer, this.#net, this.#optimizer, this.#tensor]) each.dispose();
  }

  #all(): FloatArray[] {
    const weights = this.#net.layers.flatMap(({ weight, bias }) => [weight, bias as Float32Array]);
    return [this.#tensor.data, this.#layer.weight, ...weights, ...this.#optimizer.exportState().values()];
  }
}

/**
 * Runs `most` operations, or fewer once `enough` says so. The same seed makes the same operations.
 * @throws StressFailure
 */
export async function stressNetworks(seed: number, most: number, enough = () => false): Promise<{ steps: number }> {
  const random = randomFrom(seed);
  const names = Object.keys(OPERATIONS);
  const bystanders = new Bystanders();
  await bystanders.move();
  let steps = 0;
  for (; steps < most && !enough(); steps++) {
    const { used } = memoryUsage();
    const scene = new Scene(random);
    const what = names[scene.index(names.length)] as string;
    try {
      try {
        await OPERATIONS[what]?.(scene);
      } catch (error) {
        const { message } = error as Error;
        const own = error instanceof ReferenceError ? ENDED.test(message) : DETACHED.test(message);
        if (!own) throw new Error(`not an error of the library's: ${error}`);
      }
      // The other of two runs, or one that a callback began, ends in its own time.
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve));
      if (scene.fault) throw new Error(scene.fault);
      bystanders.verify();
      for (const { tensor: each, value } of scene.settled) {
        if (!each.data.every((now) => now === value)) throw new Error("a tensor that moved in has changed");
      }
      scene.dispose();
      const kept = memoryUsage().used - used;
      if (kept !== 0) throw new Error(`${kept} bytes did not come back`);
    } catch (cause) {
      throw new StressFailure(steps + 1, what, cause);
    }
  }
  bystanders.dispose();
  return { steps };
}
