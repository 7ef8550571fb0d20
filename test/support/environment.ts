/**
 * Where the suite meets the engine that it runs on. Tests import the library as "affine-wasm": under vitest that is
 * `src/`, in a browser or in workerd the packed tarball, and there `hosts/engines/portable/environment.ts` stands in for this file.
 */
import { readFileSync } from "node:fs";
import { instantiateKernels } from "affine-wasm/kernels";
import "affine-wasm/wide";
import { vi } from "vitest";
import { type Kernels, VARIANTS, type Variant } from "../../src/kernels/abi.js";
import { moduleFor } from "../../src/kernels/sharedMemory.js";

/** The binary under test: a variant, or "debug", which is `simd` with assertions. */
export const binary = process.env.AFFINE_BINARY as Variant | "debug";

/** The variant that it calls itself. */
export const variant: Variant = binary === "debug" ? "simd" : binary;

const bytesOf = (name: Variant | "debug") => new Uint8Array(readFileSync(`build/${name}.wasm`));

/** The bytes of the binary under test; null where the engine compiles none, as in workerd. */
export const bytes: Uint8Array<ArrayBuffer> | null = bytesOf(binary);

/** The binary under test, compiled. */
export const compiled: WebAssembly.Module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);

/** The kernels under test over a memory of the caller's. */
export function kernelsOver(memory: WebAssembly.Memory): Kernels {
  if (binary !== "debug") return instantiateKernels(memory, binary);
  // The one build that is in no package, and that imports what its assertions end in.
  const abort = (_message: number, file: number, line: number) => {
    throw new WebAssembly.RuntimeError(`assertion failed (${file}:${line})`);
  };
  return new WebAssembly.Instance(moduleFor(bytes as Uint8Array<ArrayBuffer>, memory), { env: { memory, abort } })
    .exports as unknown as Kernels;
}

/** The variants that this engine can run. */
export const runnable: readonly Variant[] = VARIANTS.filter((name) => WebAssembly.validate(bytesOf(name)));

/** A library that nothing has started yet; it has `wide`, as the package has by itself in Node. */
export async function freshLibrary(): Promise<typeof import("affine-wasm")> {
  vi.resetModules();
  await import("affine-wasm/wide");
  return import("affine-wasm");
}

const folder = process.env.CONFORMANCE_DATA;

/** The text of a file of outside cases; null if nobody said where they are. */
export function conformanceFile(name: string): string | null {
  return folder ? readFileSync(`${folder}/${name}`, "utf8") : null;
}

/** A setting from outside, such as a seed; undefined if there is none. */
export function setting(name: string): string | undefined {
  return process.env[name];
}
