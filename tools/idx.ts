/**
 * The IDX format of the MNIST files: two zero bytes, the element type (8: unsigned byte), the number of dimensions, each
 * dimension as a big-endian 32-bit integer, then the elements. Source: Y. LeCun, "The MNIST database".
 */
import { readFile } from "node:fs/promises";

export interface Idx {
  /** For images: count, rows, columns; for labels: count. */
  readonly dimensions: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 8;

/**
 * Parses an IDX file of unsigned bytes.
 * @param rank how many dimensions there must be: 3 for images, 1 for labels
 * @throws Error that names the file for a wrong magic number or a length that the header does not give
 */
export function parseIdx(bytes: Uint8Array, rank: number, name: string): Idx {
  const header = 4 + 4 * rank;
  if (bytes.length < header) throw new Error(`${name}: ${bytes.length} bytes, too short for a header of ${header}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.getUint32(0);
  const expected = (UNSIGNED_BYTE << 8) | rank;
  if (magic !== expected)
    throw new Error(`${name}: magic number ${magic}, expected ${expected}: not an IDX file of rank ${rank}`);
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const length = header + dimensions.reduce((product, size) => product * size, 1);
  if (bytes.length !== length) {
    throw new Error(`${name}: ${bytes.length} bytes, expected ${length} for ${dimensions.join(" × ")}`);
  }
  return { dimensions, values: bytes.subarray(header) };
}

export interface Digits {
  readonly count: number;
  /** Pixels of an image. */
  readonly pixels: number;
  /** count × pixels, 0 to 255. */
  readonly images: Uint8Array;
  /** count values, 0 to 9. */
  readonly labels: Uint8Array;
}

/** Reads a pair of image and label files. */
export async function readDigits(imageFile: string, labelFile: string): Promise<Digits> {
  const [imageBytes, labelBytes] = await Promise.all([readFile(imageFile), readFile(labelFile)]);
  const images = parseIdx(imageBytes, 3, imageFile);
  const labels = parseIdx(labelBytes, 1, labelFile);
  const [count = 0, rows = 0, columns = 0] = images.dimensions;
  if (labels.dimensions[0] !== count) {
    throw new Error(`${labelFile}: ${labels.dimensions[0]} labels for ${count} images`);
  }
  return { count, pixels: rows * columns, images: images.values, labels: labels.values };
}
