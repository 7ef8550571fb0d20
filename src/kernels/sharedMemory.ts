/**
 * The kernels over a memory that several threads share.
 *
 * A module says in its import section whether the memory that it imports is shared; no instruction of the kernels depends
 * on it. So there is one set of binaries: for shared memory, the limits of that import are written anew.
 * The format: https://webassembly.github.io/threads/core/binary/types.html#limits
 */
import { type Binary, isArrayBuffer, isModule } from "./webassembly.js";

const IMPORT_SECTION = 2;
/** Beyond the types, where imports are. */
const FAR_ENOUGH = 1024;
const FIRST_IMPORT = "\x03env";
/** The end of the name, the kind "memory", limits without a maximum. */
const MEMORY = "\x06memory\x02\0";
const SHARED_WITH_MAXIMUM = 3;
/** 65536 pages in LEB128, which no memory exceeds: the maximum of a memory must not be above that of its import. */
const MAXIMUM = [0x80, 0x80, 0x04];

/** Whether threads can share a memory. Where there is no SharedArrayBuffer, as on most pages, none is. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return !isArrayBuffer(memory.buffer);
}

/**
 * The module of a binary that runs over `memory`.
 * @throws WebAssembly.CompileError where its bytes are none, TypeError for a compiled module over shared memory
 */
export function moduleFor(binary: Binary, memory: WebAssembly.Memory): WebAssembly.Module {
  if (isModule(binary)) {
    if (isShared(memory))
      throw new TypeError("a compiled module runs over memory that is not shared; its bytes are wanted");
    return binary;
  }
  return new WebAssembly.Module(isShared(memory) ? forSharedMemory(binary) : binary);
}

/** The same binary, its imported memory declared as shared; bytes that are no build of ours as they are. */
export function forSharedMemory(binary: BufferSource): Uint8Array<ArrayBuffer> {
  const bytes =
    "buffer" in binary ? new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength) : new Uint8Array(binary);
  const text = String.fromCharCode(...bytes.subarray(0, FAR_ENOUGH));
  const size = text.indexOf(FIRST_IMPORT) - 2; // the bytes of the section, then the number of imports
  const limits = text.indexOf(MEMORY) + MEMORY.length - 1;
  if (bytes[size - 1] !== IMPORT_SECTION || limits < size) return bytes.slice() as Uint8Array<ArrayBuffer>;
  const result = new Uint8Array(bytes.length + MAXIMUM.length);
  result.set(bytes.subarray(0, limits + 2));
  result[size] = (bytes[size] as number) + MAXIMUM.length; // less than 128, hence one byte
  result[limits] = SHARED_WITH_MAXIMUM;
  result.set(MAXIMUM, limits + 2); // the minimum is one byte, too
  result.set(bytes.subarray(limits + 2), limits + 2 + MAXIMUM.length);
  return result;
}
