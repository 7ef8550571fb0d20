/**
 * The binaries out of the text that `scripts/pack.ts` made of them, by a small binary of its own: engines compile
 * WebAssembly at once, while JavaScript that runs for the first time is in their slowest gear.
 */

import type { Constant, Pointer } from "./abi.js";
import { compileError } from "./instantiate.js";
import { LEAST_PAGES, PAGE, reserveMemory } from "./reserve.js";
import { unpacker } from "./unpacker.js";

/** Some binaries as one text. */
export interface Packed<Name extends string> {
  readonly text: string;
  /** Where each ends in the bytes of all, in their order. */
  readonly ends: Readonly<Record<Name, number>>;
}

/** What `assembly/exports/unpack.ts` exports, and tells of. */
interface Unpacker {
  readonly contextBytes: Constant;
  readonly unpack: (text: Pointer, bytes: Pointer, end: Pointer) => void;
}

/**
 * The bytes of a binary.
 * @param before the bytes that the text was packed behind
 * @throws Error where WebAssembly is blocked, RangeError if memory runs out, both in the name of `caller`
 */
export function unpack<Name extends string>(
  { text, ends }: Packed<Name>,
  name: Name,
  caller = "affine-wasm",
  before: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const { memory } = reserveMemory(caller, false, LEAST_PAGES);
  const { unpack, contextBytes } = instantiateUnpacker(caller, memory);
  const end = ends[name];
  const at = contextBytes.value;
  const first = at + text.length + 1 + before.length; // behind a zero
  memory.grow(Math.ceil((first + end) / PAGE)); // to the page that is there: the last copy may go beyond the end
  const bytes = new Uint8Array(memory.buffer);
  // Code that runs once is slow, so an engine's own goes first; bare realms have no TextEncoder.
  const encoder = globalThis.TextEncoder && new TextEncoder();
  let copied = encoder?.encodeInto?.(text, bytes.subarray(at)).written ?? 0;
  for (; copied < text.length; copied++) bytes[at + copied] = text.charCodeAt(copied);
  bytes.set(before, first - before.length);
  unpack(at, first, first + end);
  return bytes.slice(first + (Object.values<number>(ends)[Object.keys(ends).indexOf(name) - 1] ?? 0), first + end);
}

function instantiateUnpacker(caller: string, memory: WebAssembly.Memory): Unpacker {
  const view = new DataView(new ArrayBuffer(unpacker.length / 2));
  // Code that runs once is slow: four bytes at a time.
  for (let i = 0; i < view.byteLength; i += 4) {
    const at = Math.min(i, view.byteLength - 4);
    view.setUint32(at, Number.parseInt(unpacker.slice(2 * at, 2 * at + 8), 16));
  }
  try {
    const module = new WebAssembly.Module(view.buffer);
    return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Unpacker;
  } catch (cause) {
    throw compileError(caller, "the unpacker", cause);
  }
}
