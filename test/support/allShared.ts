/** The suite on several threads, as many as AFFINE_THREADS says, which share every product that can be shared. */
import { enableThreads, stopThreads } from "affine-wasm/threads";
import { obstacle } from "../../src/engine/threads/hosts.js";
import { TEST } from "../../src/engine/threads/policy.js";
import { TEST as PASSES } from "../../src/nn/sharedPasses.js";
import { enableAll } from "../../tools/anew.js";
import { bytes, setting } from "./environment.js";

/** How many were asked for; 1 if nobody did. */
export const asked = Number(setting("AFFINE_THREADS") ?? 1);

/** Whether the binary under test can be run by threads here: not where binaries come compiled, or memory cannot be shared. */
export const canShare: boolean = bytes !== null && obstacle() === null;

/** Bytes for the garbage collector that a product leaves which is shared: its plan, its operands in a list; Node 24 up to 1500. */
export const garbageOfShared: number = asked > 1 ? 2048 : 0;

/** Every product and pass is shared, in as many tiles as fit, of odd sizes; helpers never rest. */
export function shareEverything(): void {
  TEST.factor = 1e12;
  PASSES.least = 2;
  PASSES.tile = 7;
}

/**
 * Enables as many threads as were asked for. To be called before the library starts.
 * @throws Error if they do not come where they can be had
 */
export async function enableAsked(): Promise<void> {
  if (asked === 1) return;
  shareEverything();
  if (canShare) await enableAll({ enableThreads, stopThreads }, asked);
  else await enableThreads({ threads: asked });
}
