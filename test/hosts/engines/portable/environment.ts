/** Stands in for `test/support/environment.ts` in a page or in workerd, where the packed library is under test. */

import { copies } from "affine-wasm:copies";
import { instantiateKernels } from "affine-wasm/kernels";
import "affine-wasm/wide";
import type { Kernels } from "../../../../src/kernels/abi.js";
import { binaryOf } from "../../../../src/kernels/binaries.js";
import type * as Node from "../../../support/environment.js";
import type { Order } from "./order.js";
import { runnableVariants } from "./runnable.js";

const order = (globalThis as unknown as { order: Order }).order;
const given = binaryOf(order.variant);

export const variant: typeof Node.variant = order.variant;
export const binary: typeof Node.binary = order.variant;
export const bytes: typeof Node.bytes = given instanceof WebAssembly.Module ? null : given;
export const compiled: typeof Node.compiled =
  given instanceof WebAssembly.Module ? given : new WebAssembly.Module(given);
export const runnable: typeof Node.runnable = runnableVariants();

export function kernelsOver(memory: WebAssembly.Memory): Kernels {
  return instantiateKernels(memory, variant);
}

let used = 0;

/** Modules cannot be loaded twice here, so the bundle holds many copies of the library. */
export async function freshLibrary(): Promise<typeof import("affine-wasm")> {
  const load = copies[used++];
  if (!load) throw new Error(`freshLibrary: all ${copies.length} copies of the library are used up`);
  return load();
}

export function conformanceFile(name: string): string | null {
  return order.conformance[name] ?? null;
}

export function setting(name: string): string | undefined {
  return order.settings[name];
}
