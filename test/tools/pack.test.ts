/** The binaries as text. */
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { MODULES, UNPACKER, wasmFile } from "../../scripts/kernels.js";
import { pack } from "../../scripts/pack.js";
import { uniform } from "../../src/common/random.js";
import { VARIANTS } from "../../src/kernels/abi.js";
import { binaryOf } from "../../src/kernels/binaries.js";
import { inlined } from "../../src/kernels/inlined.js";
import { NN_VARIANTS } from "../../src/kernels/nn/abi.js";
import { nnBinaryOf } from "../../src/kernels/nn/binaries.js";
import { inlined as inlinedNn } from "../../src/kernels/nn/inlined.js";
import { QUANTIZED_VARIANTS } from "../../src/kernels/quantized/abi.js";
import { quantizedBinaryOf } from "../../src/kernels/quantized/binaries.js";
import { inlined as inlinedQuantized } from "../../src/kernels/quantized/inlined.js";
import { unpack } from "../../src/kernels/unpack.js";
import "../../src/kernels/wide/binaries.js";
import { unpacker } from "../../src/kernels/unpacker.js";
import { inlined as inlinedWide } from "../../src/kernels/wide/inlined.js";
import { eachCase } from "../support/cases.js";

const built = (name: string) => new Uint8Array(readFileSync(wasmFile(name)));

describe("the inlined binaries", () => {
  it("are the built ones, byte for byte", () => {
    const ran = [
      eachCase(VARIANTS, (name) => expect(binaryOf(name)).toEqual(built(name))),
      eachCase(NN_VARIANTS, (name) => expect(nnBinaryOf(name)).toEqual(built(`nn-${name}`))),
      eachCase(QUANTIZED_VARIANTS, (name) => expect(quantizedBinaryOf(name)).toEqual(built(`quantized-${name}`))),
    ];
    expect(ran).toEqual([4, 2, 3]);
    expect(unpacker).toBe(Buffer.from(built(UNPACKER.name)).toString("hex"));
  });

  it("are all those of a module, the default first", () => {
    eachCase(MODULES, ({ inlined, variants }) => {
      expect(inlined.flatMap(({ order }) => order).sort()).toEqual([...variants].sort());
    });
    expect(Object.keys(inlined.ends)[0]).toBe("relaxed");
  });

  it("are text of printable characters that no string literal escapes", () => {
    eachCase([inlined, inlinedNn, inlinedQuantized, inlinedWide], ({ text }) =>
      expect(text).toMatch(/^[(-[\]^_a-i\n]+$/),
    );
  });
});

describe("unpack", () => {
  it("needs no TextEncoder, and takes none at its word", () => {
    const lazy = class {
      encodeInto() {
        return { read: 3, written: 0 };
      }
    };
    const encoders = [undefined, class {}, lazy];
    const ran = eachCase(encoders, (encoder) => {
      vi.stubGlobal("TextEncoder", encoder);
      try {
        expect(binaryOf("relaxed")).toEqual(built("relaxed"));
      } finally {
        vi.unstubAllGlobals();
      }
    });
    expect(ran).toBe(3);
  });

  const random = uniform(17);
  const noise = (length: number, values: number) =>
    Uint8Array.from({ length }, () => Math.floor(random() * values) * Math.floor(256 / values));

  it("gives what was packed, whatever it was", () => {
    const cases: Record<string, Uint8Array>[] = [
      { none: new Uint8Array() },
      { one: Uint8Array.of(255) },
      { before: noise(500, 256), none: new Uint8Array(), same: new Uint8Array(5), other: noise(10, 2) },
      {
        everyByte: Uint8Array.from({ length: 256 }, (_, i) => i),
        backwards: Uint8Array.from({ length: 256 }, (_, i) => 255 - i),
      },
      { zeros: new Uint8Array(300) },
      { two: noise(300, 2), three: noise(300, 3) },
      { text: built("debug").subarray(0, 1000), again: built("debug").subarray(100, 1500) },
    ];
    const ran = eachCase(cases, (binaries) => {
      const packed = pack(binaries);
      eachCase(Object.keys(binaries), (name) => expect(unpack(packed, name), name).toEqual(binaries[name]));
    });
    expect(ran).toBe(cases.length);
  });

  it("gives what was packed behind bytes that are there, which make it short", () => {
    const before = noise(3000, 256);
    const binaries = { other: noise(100, 256), same: before.slice(500, 2500), none: new Uint8Array() };
    const packed = pack(binaries, before);
    const names = ["other", "same", "none"] as const;
    eachCase(names, (name) => expect(unpack(packed, name, "test", before), name).toEqual(binaries[name]));
    expect(packed.text.length).toBeLessThan(200);
    expect(pack(binaries).text.length).toBeGreaterThan(2000);
  });

  it("makes what repeats itself short, at whatever distance", () => {
    const part = noise(1000, 256);
    const between = noise(40000, 256);
    const once = pack({ first: part, between }).text.length;
    const twice = pack({ first: part, between, second: part }).text.length;
    expect(twice - once).toBeLessThan(20);
  });

  it("names the caller where WebAssembly is blocked", () => {
    const { Module } = WebAssembly;
    WebAssembly.Module = class {
      constructor() {
        throw new WebAssembly.CompileError("blocked by Content Security Policy");
      }
    } as never;
    try {
      expect(() => binaryOf("simd", "initSync")).toThrow(
        /^initSync: WebAssembly is blocked: the page's Content-Security/,
      );
    } finally {
      WebAssembly.Module = Module;
    }
  });
});
