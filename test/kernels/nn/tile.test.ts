/** A pass by way of scratch space and a gate, as helpers of threads compute it: in place once the gate is closed, else not at all. */
import { describe, expect, it } from "vitest";
import { DTYPES, eachCase, randomFrom } from "../../support/cases.js";
import { binaries, heap } from "../../support/nn/raw.js";

const LENGTH = 37;
const CLOSED = -1;

describe.each(binaries)("tile of nn-$name", ({ kernels: both }) => {
  describe.each(DTYPES)("%s", (dtype) => {
    const { tile } = both[dtype];
    const size = dtype === "float32" ? 4 : 8;
    const view = dtype === "float32" ? Float32Array : Float64Array;
    /** Arrays of LENGTH: p, q, r, s, then room for three. */
    const block = heap.allocate(7 * LENGTH * size + 16);
    const at = (i: number) => block + i * LENGTH * size;
    const gateAt = at(7);
    const random = randomFrom(1);
    const start = Float64Array.from({ length: 4 * LENGTH }, random);
    const ops: [string, number, number, number][] = [
      ["Adam", 0, 5, 6],
      ["AdamW", 1, 5, 6],
      ["SGD with a velocity", 2, 5, 0],
      ["SGD without", 2, 0, 0],
      ["an activation", 6, 0, 0],
      ["a gradient", 19, 5, 0],
    ];

    /** All of p, q, r, s after the pass. */
    function run([, op, r, s]: (typeof ops)[number], gate: number, scratch: number): number[] {
      const arrays = new view(heap.buffer as ArrayBuffer, block, 4 * LENGTH);
      arrays.set(start);
      new Int32Array(heap.buffer as ArrayBuffer, gateAt, 1)[0] = gate;
      tile(op, LENGTH, at(0), at(1), r && at(2), s && at(3), 0.1, 0.5, 0.25, 0.125, 0.01, 0.5, 0.5, gateAt, scratch);
      return [...arrays];
    }
    const gate = () => new Int32Array(heap.buffer as ArrayBuffer, gateAt, 1)[0];

    it("gives the bits of a pass in place, and leaves the address of its results in the gate", () => {
      eachCase(ops, (op) => {
        const inPlace = run(op, CLOSED, 0);
        expect(inPlace).not.toEqual([...view.from(start)]);
        expect(run(op, 0, at(4))).toEqual(inPlace);
        expect(gate()).toBe(at(4));
        const results = [...new view(heap.buffer as ArrayBuffer, at(4), LENGTH)];
        expect(results).toEqual(inPlace.slice(0, LENGTH));
      });
    });

    it("changes nothing where the gate is closed, nor the gate", () => {
      eachCase(ops, (op) => {
        expect(run(op, CLOSED, at(4))).toEqual([...view.from(start)]);
        expect(gate()).toBe(CLOSED);
      });
    });
  });
});
