/** Values of another realm, subclasses and proxies, given to the codec; what cannot be read must not pass for empty. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  parseSafetensors,
  type SafeTensor,
  toFloats,
  writeSafetensors,
} from "../../../src/formats/safetensors/index.js";
import { eachCase, expectError, wrong } from "../../support/cases.js";

const data = Float32Array.of(1, 2);
const a: SafeTensor = { dtype: "F32", shape: [2], data };

/** Every method and getter would mislead. */
class Odd extends Uint8Array<ArrayBuffer> {
  override subarray(): Uint8Array<ArrayBuffer> {
    throw new Error("called");
  }
  override get length() {
    return 3;
  }
}

describe("the codec of safetensors", () => {
  it("takes bytes, Maps, objects and arrays of another realm", () => {
    const bytes = writeSafetensors({ a }, { k: "v" });
    const there = runInNewContext(
      `({
      map: new Map([["a", { dtype: "F32", shape: [2], data: new Float32Array([1, 2]) }]]),
      metadata: { k: "v" },
      bytes: new Uint8Array(bytes),
    })`,
      { bytes: [...bytes] },
    );
    expect(writeSafetensors(there.map, there.metadata)).toEqual(bytes);
    expect(parseSafetensors(there.bytes)).toEqual(parseSafetensors(bytes));
    expect(parseSafetensors(new Odd(bytes.buffer))).toEqual(parseSafetensors(bytes));
    expect(toFloats(there.map.get("a"))).toEqual(data);
  });

  it("writes nothing as empty that only cannot be read", () => {
    const cases: [unknown, unknown, string][] = [
      [new Set([a]), {}, "tensors must be a Map or a plain object, got a Set"],
      [new Proxy(new Map([["a", a]]), {}), {}, "tensors must be a Map or a plain object, got a Map"],
      [{ a }, new Map([["k", "v"]]), "metadata must be a plain object, got a Map; Object.fromEntries makes one"],
      [{ a }, new URLSearchParams("k=v"), "metadata must be a plain object, got an URLSearchParams"],
      [{ a }, ["v"], "metadata must be a plain object, got an Array"],
    ];
    eachCase(cases, ([tensors, metadata, message]) =>
      expectError(() => writeSafetensors(wrong(tensors), wrong(metadata)), TypeError, `writeSafetensors: ${message}`),
    );
  });

  it("writes no shape with a hole in it", () => {
    const shape = [2, 0, 1];
    delete shape[1];
    const message = 'writeSafetensors: tensor "a" has the shape [2,a undefined,1], expected whole numbers';
    expectError(() => writeSafetensors({ a: { dtype: "F32", shape, data } }), RangeError, message);
  });

  it("reads each field of a tensor once", () => {
    let reads = 0;
    const tensor = {
      dtype: "F32",
      data,
      get shape() {
        return reads++ === 0 ? [2] : [3];
      },
    };
    expect(parseSafetensors(writeSafetensors({ a: wrong(tensor) })).tensors.get("a")?.shape).toEqual([2]);
    expect(reads).toBe(1);
  });
});
