/** Arrays whose buffers end, or change their length, between two calls. */
import { expect } from "vitest";

/** A layer or a network of three inputs and two outputs. */
interface Passes {
  forward(x: Float32Array): Float32Array;
  backward(dy: Float32Array): unknown;
}

/** Expects arrays that were used just now to be refused once their buffers were transferred. */
export function expectRefusesTransferred(net: Passes, x: Float32Array, dy: Float32Array): void {
  for (const each of [x, dy]) structuredClone(each.buffer, { transfer: [each.buffer] });
  expect(() => net.forward(x)).toThrow("forward: x is detached");
  expect(() => net.backward(dy)).toThrow("backward: dy is detached");
}

/** Expects an array that shows all of a buffer to be as many rows as it has now, where the engine has such buffers. */
export function expectFollowsResized(net: Passes): void {
  type Resizable = ArrayBuffer & { resize?(to: number): void };
  const make = ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable;
  const buffer = new make(24, { maxByteLength: 48 });
  if (!buffer.resize) return;
  const tracking = new Float32Array(buffer);
  expect([net.forward(tracking).length, net.forward(tracking).length]).toEqual([4, 4]);
  buffer.resize(36);
  expect(net.forward(tracking)).toHaveLength(6);
  buffer.resize(12);
  expect(net.forward(tracking)).toHaveLength(2);
}
