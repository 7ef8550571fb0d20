/** `affine-wasm/kernels`: the kernels in the memory of another WebAssembly module, as in a game engine. */
import { instantiateKernels, type Kernels } from "affine-wasm/kernels";
import { describe, expect, it } from "vitest";
import { forSharedMemory } from "../../src/kernels/sharedMemory.js";
import { eachCase, expectError, wrong } from "../support/cases.js";
import { bytes, runnable } from "../support/environment.js";

/**
 * A module that owns its memory, as another compiler would make it:
 *
 *     (memory (export "memory") 1 200)
 *     (func (export "alloc") (param bytes i32) (result i32))          ;; the next bytes, 16-byte aligned
 *     (func (export "sum") (param at i32) (param count i32) (result f32))   ;; of `count` f32
 */
const HOST =
  "0061736d01000000010c0260017f017f60027f7f017d03030200010505010101c8010607017f014180080b071803066d656d6f72790200" +
  "05616c6c6f6300000373756d00010a42021701017f23002101200120006a410f6a417071240020010b2801017d03402001044020022000" +
  "2a0200922102200041046a2100200141016b21010c010b0b20020b";

/** What every binary starts with: "\0asm", version 1. */
const HEADER = [0, 97, 115, 109, 1, 0, 0, 0];

/** A module that imports an "env.memory", as ours do, but with a maximum. */
const OTHER_MEMORY = [...HEADER, 2, 16, 1, 3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 1, 0, 9];

interface Host {
  readonly memory: WebAssembly.Memory;
  alloc(bytes: number): number;
  sum(at: number, count: number): number;
}

function startHost(): Host {
  const module = new WebAssembly.Module(Uint8Array.from(HOST.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16)));
  return new WebAssembly.Instance(module).exports as unknown as Host;
}

/** A host whose threads share its memory, written in JavaScript. */
function startSharedHost(): Host {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 200, shared: true });
  let end = 64;
  return {
    memory,
    alloc(bytes) {
      const at = (end + 15) & -16;
      end = at + bytes;
      return at;
    },
    sum: (at, count) => new Float32Array(memory.buffer, at, count).reduce((sum, value) => sum + value, 0),
  };
}

/** A dense layer of a host: every pointer is the host's own. */
function runLayer(host: Host, kernels: Kernels): void {
  const [batch, inFeatures, outFeatures] = [5, 7, 3];
  const floats = (length: number) => host.alloc(4 * length);
  const [x, dx, w, dw] = [floats(35), floats(35), floats(21), floats(21)];
  const [y, dy, b, db] = [floats(15), floats(15), floats(3), floats(3)];
  const scratch = host.alloc(kernels.scratchBytes.value);
  const view = (at: number, length: number) => new Float32Array(host.memory.buffer, at, length);
  const missing = Math.ceil((host.alloc(0) - host.memory.buffer.byteLength) / 65536);
  if (missing > 0) host.memory.grow(missing);
  view(x, 35).forEach((_, i, all) => {
    all[i] = (i % 5) - 2;
  });
  view(w, 21).forEach((_, i, all) => {
    all[i] = (i % 4) - 1;
  });
  view(b, 3).set([1, 2, 3]);
  view(dy, 15).fill(2);
  const [xRow, yRow] = [4 * inFeatures, 4 * outFeatures];
  kernels.gemmF32(batch, outFeatures, inFeatures, x, xRow, 4, w, yRow, 4, b, 0, y, yRow, 0, scratch);
  kernels.gemmF32(batch, inFeatures, outFeatures, dy, yRow, 4, w, 4, yRow, 0, 0, dx, xRow, 0, scratch);
  kernels.gemmF32(inFeatures, outFeatures, batch, x, 4, xRow, dy, yRow, 4, 0, 0, dw, yRow, 0, scratch);
  kernels.columnSumsF32(batch, outFeatures, dy, yRow, 0, db, scratch);
  const exact = (s: number, j: number) => {
    let sum = j + 1;
    for (let i = 0; i < inFeatures; i++) sum += (((s * 7 + i) % 5) - 2) * (((i * 3 + j) % 4) - 1);
    return sum;
  };
  const expected = Array.from({ length: 15 }, (_, i) => exact(Math.floor(i / 3), i % 3));
  expect([...view(y, 15)]).toEqual(expected);
  // What the kernels wrote, read by the host's own code.
  expect(host.sum(y, 15)).toBe(expected.reduce((sum, value) => sum + value, 0));
  expect(host.sum(db, 3)).toBe(30);
  const [xs, ws] = [view(x, 35), view(w, 21)];
  expect(host.sum(dx, 35)).toBe(5 * 2 * ws.reduce((sum, value) => sum + value, 0));
  expect(host.sum(dw, 21)).toBe(3 * 2 * xs.reduce((sum, value) => sum + value, 0));
}

describe.runIf(bytes)("instantiateKernels", () => {
  it("computes in the memory of another module, in every variant, beside what that module keeps there", () => {
    eachCase(runnable, (variant) => {
      const host = startHost();
      const kernels = instantiateKernels(host.memory, variant);
      const kept = host.alloc(64);
      new Float32Array(host.memory.buffer, kept, 16).fill(0.5);
      runLayer(host, kernels);
      expect(host.sum(kept, 16)).toBe(8);
    });
  });

  it("works on after the host has grown its memory, and several times over one memory", () => {
    const host = startHost();
    const [first, second] = [instantiateKernels(host.memory), instantiateKernels(host.memory)];
    runLayer(host, first);
    host.memory.grow(10);
    runLayer(host, second);
    runLayer(host, first);
  });
});

describe.runIf(bytes && typeof SharedArrayBuffer !== "undefined")("instantiateKernels over shared memory", () => {
  it("computes there, in every variant, before and after it has grown", () => {
    eachCase(runnable, (variant) => {
      const host = startSharedHost();
      const kernels = instantiateKernels(host.memory, variant);
      runLayer(host, kernels);
      host.memory.grow(10);
      runLayer(host, kernels);
    });
  });

  it("leaves the bytes of a binary that is none of ours as they are", () => {
    const others = [
      [],
      HEADER,
      [...HEADER, 5, 3, 1, 0, 1],
      [...HEADER, 2, 9, 1, 1, 97, 1, 97, 2, 1, 1, 2],
      OTHER_MEMORY,
    ];
    for (const binary of others) expect([...forSharedMemory(Uint8Array.from(binary))]).toEqual(binary);
  });
});

describe("instantiateKernels", () => {
  it("picks the fastest variant that the engine validates", () => {
    const { variant } = instantiateKernels(new WebAssembly.Memory({ initial: 1 }));
    const fastest = (["relaxed", "simd", "scalar"] as const).find((name) => runnable.includes(name));
    expect(["scalar", "simd", "relaxed", "wide"][variant.value]).toBe(fastest);
  });

  it("names a bad argument", () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    expectError(
      () => instantiateKernels(wrong({})),
      TypeError,
      "instantiateKernels: memory must be a WebAssembly.Memory, got an Object",
    );
    expectError(
      () => instantiateKernels(memory, wrong("avx")),
      RangeError,
      'instantiateKernels: variant must be one of "scalar", "simd", "relaxed", "wide", got "avx"',
    );
    expectError(
      () => instantiateKernels(memory, wrong(1)),
      TypeError,
      'instantiateKernels: variant must be one of "scalar", "simd", "relaxed", "wide", got the number 1',
    );
  });
});
