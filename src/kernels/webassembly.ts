/**
 * What the engine has: WebAssembly itself, and its objects whatever their realm. `instanceof` knows one's own realm only,
 * and a compiled module may come from another (Next.js's edge runtime, Jest, an iframe): so they are asked for what only
 * they can answer.
 */

/** Bytes of a `.wasm` file or a compiled module. */
export type Binary = BufferSource | WebAssembly.Module;

/** @throws Error, in the name of `caller`, where there is no WebAssembly */
export function checkWebAssembly(caller: string): void {
  if (typeof WebAssembly !== "undefined") return;
  throw new Error(
    `${caller}: affine-wasm needs WebAssembly, which this JavaScript engine lacks (as React Native's Hermes does) or was ` +
      "told to do without (as Node by --jitless)",
  );
}

export function isModule(value: unknown): value is WebAssembly.Module {
  return answers(() => WebAssembly.Module.exports(value as WebAssembly.Module));
}

export function isMemory(value: unknown): value is WebAssembly.Memory {
  return answers(() => getterOf(WebAssembly.Memory.prototype, "buffer").call(value));
}

/** Whether it is an ArrayBuffer: a SharedArrayBuffer is none. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return answers(() => getterOf(ArrayBuffer.prototype, "byteLength").call(value));
}

function getterOf(prototype: object, name: string): () => unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as () => unknown;
}

/** Built-in functions refuse what is not of their kind. */
function answers(ask: () => unknown): boolean {
  try {
    ask();
    return true;
  } catch {
    return false;
  }
}
