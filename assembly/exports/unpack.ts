/** The ABI of the module that unpacks the others. `src/kernels/unpack.ts` is its TypeScript side. */
import { CONTEXT_BYTES, decode } from "../packed/decode";

/** What a call wants as `contexts`. */
export const contextBytes: i32 = <i32>CONTEXT_BYTES;

/**
 * Writes the bytes that `text` tells from `bytes` up to `end`, and some of those that follow.
 * @param text one byte a character
 * @param bytes what lies before is 0
 * @param contexts `contextBytes` zeros
 */
export function unpack(text: usize, bytes: usize, end: usize, contexts: usize): void {
  decode(text, bytes, end, contexts);
}
