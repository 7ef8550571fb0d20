/** One module over one memory, and what an engine says if it cannot. */
import { type Kernels, VARIANTS, type Variant } from "./abi.js";
import { moduleFor } from "./sharedMemory.js";
import { type Binary, isArrayBuffer, isModule } from "./webassembly.js";

export function isBinary(source: unknown): source is Binary {
  return isModule(source) || isArrayBuffer(source) || ArrayBuffer.isView(source);
}

/** What messages call a binary without a name of its own. */
const NAME = "the module";

/** The module of a binary for `memory`; messages call it `name`. */
export function compile(caller: string, binary: Binary, memory: WebAssembly.Memory, name = NAME): WebAssembly.Module {
  try {
    return moduleFor(binary, memory);
  } catch (cause) {
    throw compileError(caller, name, cause);
  }
}

/** Instantiates a module over `memory`; messages call it `name`. */
export function instantiate(
  caller: string,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  wanted: Variant | undefined,
  name = NAME,
): { variant: Variant; exports: Kernels } {
  let exports: Kernels;
  try {
    // By hand: AssemblyScript's loader wraps every export, and a wrapped call costs more than a small layer.
    exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
  } catch (cause) {
    throw compileError(caller, name, cause);
  }
  const variant = VARIANTS[exports.variant?.value];
  if (!variant) throw new Error(`${caller}: ${name} is not a build of affine-wasm`);
  if (wanted && wanted !== variant) throw new RangeError(`${caller}: ${name} is "${variant}", not "${wanted}"`);
  return { variant, exports };
}

/** What to say of a binary that an engine does not take. */
export function compileError(caller: string, name: string, cause: unknown): Error {
  const reason = reasonOf(cause);
  if (/content security policy|unsafe-eval|\bCSP\b/i.test(reason)) {
    const advice = "the page's Content-Security-Policy must allow 'wasm-unsafe-eval' in script-src";
    return new Error(`${caller}: WebAssembly is blocked: ${advice} (${reason})`, { cause });
  }
  return new Error(`${caller}: ${name} cannot be instantiated: ${reason}`, { cause });
}

/** What was thrown, in its own words. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
