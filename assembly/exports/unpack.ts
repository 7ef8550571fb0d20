/** The ABI of the module that unpacks the others. `src/kernels/unpack.ts` is its TypeScript side. */
import { CONTEXT_BYTES, decode } from "../packed/decode";

/** So many bytes, from 0 on, are for a call to use. */
export const contextBytes: i32 = <i32>CONTEXT_BYTES;

/**
 * Writes the bytes that `text` tells from `bytes` up to `end`, and some of those that follow. The first `contextBytes` of
 * the memory must be 0.
 * @param text one byte a character
 * @param bytes behind what the text was packed behind, or a 0
 */
export function unpack(text: usize, bytes: usize, end: usize): void {
  decode(text, bytes, end);
}
