/** The 70,000 digits of MNIST, from the one file that `prepare.ts` makes: bytes without any header, gzipped. */
import url from "../../generated/digits.bin?url";
import { PIXELS } from "./network.ts";

export { PIXELS };

const TRAIN = 60_000;
const TEST = 10_000;

export interface Digits {
  readonly count: number;
  /** count × 784, 0 (paper) to 255 (ink). */
  readonly images: Uint8Array;
  /** count values, 0 to 9. */
  readonly labels: Uint8Array;
}

/**
 * Loads the digits.
 * @param onProgress told the part that has arrived, from 0 to 1, where the server says how much there is
 * @throws Error if the file is not there or not whole
 */
export async function loadDigits(onProgress: (part: number) => void): Promise<{ train: Digits; test: Digits }> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`the digits did not load: ${response.status}`);
  const total = Number(response.headers.get("content-length"));
  let arrived = 0;
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      arrived += chunk.length;
      if (total > 0) onProgress(Math.min(1, arrived / total));
      controller.enqueue(chunk);
    },
  });
  const unpacked = response.body.pipeThrough(counted).pipeThrough(new DecompressionStream("gzip"));
  const bytes = await readAll(unpacked, (TRAIN + TEST) * (PIXELS + 1));
  let at = 0;
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const digits = (count: number) => ({ count, images: take(count * PIXELS), labels: take(count) });
  return { train: digits(TRAIN), test: digits(TEST) };
}

async function readAll(stream: ReadableStream<Uint8Array>, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const reader = stream.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > length) throw new Error(`the file of digits is longer than ${length} bytes`);
    bytes.set(value, at);
    at += value.length;
  }
  if (at !== length) throw new Error(`the file of digits has ${at} bytes, expected ${length}`);
  return bytes;
}
