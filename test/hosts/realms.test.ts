/** The packed library in realms of `node:vm`: with only ECMAScript and WebAssembly, and with values of another realm. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { describe, expect, inject, it } from "vitest";
import { eachCase } from "../support/cases.js";
import type * as Host from "./apps/realm.js";
import { worked } from "./apps/worked.js";

const project = inject("host");
const script = readFileSync(join(project, "realm.js"), "utf8");
const wasm = (name: string) => readFileSync(join(project, `node_modules/affine-wasm/dist/wasm/${name}.wasm`));

/** What is neither ECMAScript nor WebAssembly, as far as an engine alone has it. */
const HOST_NAMES = ["console", "TextEncoder", "TextDecoder", "performance", "queueMicrotask", "setTimeout", "URL"];

/** A realm in which the script runs after `first`. */
function realm(first = ""): { host: typeof Host; run: (code: string) => unknown } {
  const context = createContext({});
  const run = (code: string) => runInContext(code, context);
  run(`delete globalThis.console; ${first}`);
  eachCase(HOST_NAMES, (name) => expect(run(`typeof ${name}`), name).toBe("undefined"));
  run(script.replace("var host", "globalThis.host"));
  return { host: run("host") as typeof Host, run };
}

/** As JSON has it: objects of another realm have another prototype. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe("a realm with only ECMAScript and WebAssembly", () => {
  it("starts, predicts, warms up, trains, saves and loads", async () => {
    const { host } = realm();
    expect(plain(await host.work())).toEqual(worked);
  });

  it("says in one sentence that WebAssembly is missing, at the first use and not before", () => {
    const sentence =
      "affine-wasm needs WebAssembly, which this JavaScript engine lacks (as React Native's Hermes does) or was told to do without (as Node by --jitless)";
    const { host } = realm("delete globalThis.WebAssembly;");
    const memory = {} as WebAssembly.Memory;
    const bytes = new Uint8Array(8);
    const uses: [string, () => unknown][] = [
      ["initSync", () => new host.affine.Affine(2, 1)],
      ["initSync", () => host.affine.initSync(bytes)],
      ["initSync", () => host.affine.tensor(1)],
      ["initSync", () => host.affine.warmup()],
      ["initSync", () => new host.nn.Sequential(2, [host.nn.dense(1)])],
      ["instantiateKernels", () => host.kernels.instantiateKernels(memory)],
    ];
    eachCase(uses, ([caller, use]) => expect(use).toThrow(`${caller}: ${sentence}`));
  });

  it("takes a smaller memory where the engine refuses the largest, and its limit is then that of the message", () => {
    const refuse = (from: number) => `
      const Real = WebAssembly.Memory;
      WebAssembly.Memory = class extends Real {
        constructor(limits) {
          if (limits.maximum > ${from}) throw new RangeError("WebAssembly.Memory(): could not allocate memory");
          super(limits);
        }
      };`;
    const { host } = realm(refuse(4096));
    expect([...new host.affine.Affine(2, 1, { initializer: "zeros" }).forward(Float32Array.of(1, 2))]).toEqual([0]);
    const most = 4096 * 65536;
    expect(() => host.affine.tensor(most)).toThrow(`(the limit is ${most})`);
    expect(() => realm(refuse(0)).host.affine.backend()).toThrow(
      /^initSync: out of memory: the engine refused to reserve .* --disable-wasm-trap-handler/,
    );
  });
});

describe("values of another realm", () => {
  it("start the library: bytes and a module", async () => {
    const bytes = wasm("simd");
    const own = new Uint8Array(bytes).buffer;
    const sources = [bytes, own, new WebAssembly.Module(bytes)];
    eachCase(sources, (source) => {
      const { host } = realm();
      host.affine.initSync(source);
      expect(host.affine.backend()).toBe("simd");
    });
    for (const source of sources) {
      const { host } = realm();
      await host.affine.init(source);
      expect(host.affine.backend()).toBe("simd");
    }
  });

  it("start the library: a Response and a URL, in a realm that has neither", async () => {
    const response = new Response(wasm("simd"));
    const { host } = realm();
    await host.affine.init(response);
    expect(host.affine.backend()).toBe("simd");
    const url = new URL("https://localhost/simd.wasm");
    await expect(realm().host.affine.init(url)).rejects.toThrow("init: https://localhost/simd.wasm cannot be read: ");
  });

  it("are memory for the kernels, but not if it is shared or none", () => {
    const { kernels } = realm().host;
    const memory = new WebAssembly.Memory({ initial: 1 });
    expect(kernels.instantiateKernels(memory, "simd").variant.value).toBe(1);
    expect(() => kernels.instantiateKernels({ buffer: new ArrayBuffer(8) } as WebAssembly.Memory)).toThrow(
      "instantiateKernels: memory must be a WebAssembly.Memory, got an Object",
    );
  });

  it("are examples, inputs, targets and bytes of weights", async () => {
    const { affine, nn } = realm().host;
    const net = new nn.Sequential(2, [nn.dense(1)], { seed: 1 });
    const x = Float32Array.of(1, 2, 3, 4);
    await net.fit({ x, targets: Float32Array.of(1, 2) }, { optimizer: nn.sgd({ learningRate: 0.1 }) });
    const bytes = new Uint8Array(nn.saveWeights(net));
    const other = new nn.Sequential(2, [nn.dense(1)], { seed: 2 });
    nn.loadWeights(other, bytes);
    expect([...other.predict(x)]).toEqual([...net.predict(x)]);
    expect(affine.forward({ x, weight: Float32Array.of(1, 1) }, { batch: 2, inFeatures: 2, outFeatures: 1 })).toEqual(
      expect.objectContaining({ 0: 3, 1: 7 }),
    );
  });
});
