/** An array of each element type of .npy files, with its extreme values. */
import type { NpyData } from "../../../src/formats/npy/npy.js";

/** The bytes of an array. */
export const raw = (data: NpyData) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

export const arrays: [string, NpyData][] = [
  ["f4", Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45, 3)],
  ["f8", Float64Array.of(0.1, -2, 1e300, 5e-324, 0, 7)],
  ["i1", Int8Array.of(-128, 127, 0, 1, 2, 3)],
  ["i2", Int16Array.of(-32768, 1, 2, 3, 4, 5)],
  ["i4", Int32Array.of(-(2 ** 31), 1, 2, 3, 4, 5)],
  ["i8", BigInt64Array.of(-(2n ** 63n), 1n, 2n, 3n, 4n, 5n)],
  ["u1", Uint8Array.of(255, 1, 2, 3, 4, 5)],
  ["u2", Uint16Array.of(65535, 1, 2, 3, 4, 5)],
  ["u4", Uint32Array.of(2 ** 32 - 1, 1, 2, 3, 4, 5)],
  ["u8", BigUint64Array.of(2n ** 64n - 1n, 1n, 2n, 3n, 4n, 5n)],
];
