/** .npy files, header and all. */

/** A file as NumPy lays it out: the header padded with spaces to a multiple of 64. */
export function npy(dictionary: string, data: ArrayLike<number>, version = 1): Uint8Array {
  const from = version === 1 ? 10 : 12;
  const start = Math.ceil((from + dictionary.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + data.length);
  bytes.set([0x93, ...Buffer.from("NUMPY"), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, start - from, true);
  else view.setUint32(8, start - from, true);
  bytes.set(Buffer.from(`${dictionary.padEnd(start - from - 1)}\n`), from);
  bytes.set(data, start);
  return bytes;
}

/** A file whose header is these characters and no more. */
export function unpadded(text: string, data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(10 + text.length + data.length);
  bytes.set([0x93, ...Buffer.from("NUMPY"), 1, 0, text.length & 0xff, text.length >> 8]);
  bytes.set(Buffer.from(text, "latin1"), 10);
  bytes.set(data, 10 + text.length);
  return bytes;
}

export const header = (descr: string, order: string, shape: string) =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
