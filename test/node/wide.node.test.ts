/** The opt-in variant for engines that fuse 128-bit into 256-bit operations. */

import type * as Library from "affine-wasm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { VARIANTS } from "../../src/kernels/abi.js";
import { arrayOf, eachCase, randomFrom } from "../support/cases.js";
import { freshLibrary, runnable } from "../support/environment.js";

const { bun, deno, node } = process.versions;
const engine = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
const major = Number.parseInt(node, 10);
const possible = engine.startsWith("Node") && major >= 24 && process.arch === "x64";

/** A library that nothing has started yet. */
let fresh: typeof Library;
let enableWide: () => void;
beforeEach(async () => {
  fresh = await freshLibrary();
  ({ enableWide } = await import("../../src/node/enableWide.js"));
});

describe("enableWide", () => {
  it.runIf(possible)("starts the wide variant, which still multiplies exactly once the engine has optimised it", () => {
    enableWide();
    enableWide();
    expect(fresh.backend()).toBe("wide");
    const random = randomFrom(5);
    const small = () => Math.round(random() * 8);
    eachCase(["float32", "float64"] as const, (dtype) => {
      const [batch, inFeatures, outFeatures] = [31, 300, 77];
      using layer = new fresh.Affine(inFeatures, outFeatures, { dtype });
      const x = arrayOf(dtype, batch * inFeatures, small);
      layer.weight.set(arrayOf(dtype, inFeatures * outFeatures, small) as never);
      const { weight } = layer;
      const exact = new Float64Array(batch * outFeatures);
      for (let s = 0; s < batch; s++) {
        for (let p = 0; p < inFeatures; p++) {
          const value = x[s * inFeatures + p] as number;
          for (let j = 0; j < outFeatures; j++) {
            exact[s * outFeatures + j] =
              (exact[s * outFeatures + j] as number) + value * (weight[p * outFeatures + j] as number);
          }
        }
      }
      for (let run = 0; run < 100; run++) expect(Float64Array.from(layer.forward(x as never))).toEqual(exact);
    });
  });

  it.runIf(possible)("says so when another variant runs already", () => {
    fresh.initSync(undefined, { variant: "simd" });
    expect(() => enableWide()).toThrow('initSync: "simd" is running already; ask for "wide" before the first use');
  });

  it.skipIf(possible)("says what it needs where it cannot work", () => {
    expect(() => enableWide()).toThrow(
      `enableWide: needs Node 24 or newer on x64, this is ${engine} on ${process.arch}`,
    );
    expect(fresh.backend()).not.toBe("wide");
  });
});

describe("the wide variant", () => {
  it("is brought by an import, and whoever asks for it without is told which", async () => {
    vi.resetModules();
    const { initSync, init } = await import("affine-wasm");
    const { instantiateKernels } = await import("affine-wasm/kernels");
    const without =
      /^(initSync|init|instantiateKernels): variant "wide" has an entry of its own: import affine-wasm\/wide first$/;
    const memory = new WebAssembly.Memory({ initial: 1 });
    expect(() => initSync(undefined, { variant: "wide" })).toThrow(without);
    expect(() => instantiateKernels(memory, "wide")).toThrow(without);
    await expect(init(undefined, { variant: "wide" })).rejects.toThrow(without);
    await import("affine-wasm/wide");
    const asked = () => VARIANTS[instantiateKernels(memory, "wide").variant.value];
    if (runnable.includes("wide")) expect(asked()).toBe("wide");
    else expect(asked).toThrow('instantiateKernels: this engine cannot run variant "wide"');
  });

  it.runIf(major >= 24)("gives way to the default, with one warning, if it multiplies wrongly", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { Instance } = WebAssembly;
    const broken = vi.spyOn(WebAssembly, "Instance").mockImplementation(function instantiate(module, imports) {
      const { exports } = new Instance(module, imports);
      // Binaries come out of a module of their own, which is no variant.
      const variant = (exports.variant as WebAssembly.Global | undefined)?.value as number;
      const isWide = VARIANTS[variant] === "wide";
      return { exports: isWide ? { ...exports, gemmF64: () => undefined } : exports };
    });
    fresh.initSync(undefined, { variant: "wide" });
    fresh.initSync(undefined, { variant: "wide" });
    broken.mockRestore();
    expect(fresh.backend()).toBe("relaxed");
    expect(warn.mock.calls).toEqual([
      ['initSync: variant "wide" computes wrong products on this engine; using the default instead'],
    ]);
    warn.mockRestore();
  });
});
