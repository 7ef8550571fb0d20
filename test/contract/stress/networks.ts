/**
 * Networks, optimizers and runs that end in the middle: in every place where a run calls the caller's code, anything it uses
 * may be disposed, and others move in at once. Bystanders, which no call names (tensors, a layer, a network, the state of an
 * optimizer), are compared bit by bit after every operation, and an error must be one of the library's own.
 */
import { memoryUsage } from "affine-wasm";
import { randomFrom } from "../../support/cases.js";
import { bitsSoFar } from "./bits.js";
import { Bystanders } from "./bystanders.js";
import { StressFailure } from "./failure.js";
import { OPERATIONS } from "./operations.js";
import { Scene } from "./scene.js";

/** What the library may say when something it uses has ended. */
const CALLS =
  "fit|epochs|evaluate|predict|forward|backward|step|importState|loadCheckpoint|saveCheckpoint|weight|dWeight|dBias|layers|quantize";
const ENDED = new RegExp(`^(${CALLS}): .*dispose\\(\\)`);
/** What a callback began has ended what was under way. */
const ORDER =
  /^(epochs|fit): the loss has run forward, or a fit,|^backward: call forward first; a fit, or a forward that failed, has ended|^step: the optimizer belongs to another/;
const DETACHED = /^(fit|epochs|evaluate|predict|forward|step): .* is detached: /;

/**
 * Runs `most` operations, or fewer once `enough` says so. The same seed makes the same operations.
 * @throws StressFailure
 */
export async function stressNetworks(
  seed: number,
  most: number,
  enough = () => false,
): Promise<{ steps: number; bits: readonly number[] }> {
  const random = randomFrom(seed);
  const names = Object.keys(OPERATIONS);
  const bystanders = new Bystanders();
  await bystanders.move();
  const bits: number[] = [];
  let steps = 0;
  for (; steps < most && !enough(); steps++) {
    const { used } = memoryUsage();
    const scene = new Scene(random);
    const what = names[scene.index(names.length)] as string;
    try {
      try {
        await OPERATIONS[what]?.(scene);
      } catch (error) {
        const { message } = error as Error;
        const own =
          error instanceof ReferenceError ? ENDED.test(message) : DETACHED.test(message) || ORDER.test(message);
        if (!own) throw new Error(`not an error of the library's: ${error}`);
      }
      // One that a callback began ends in its own time.
      await Promise.all(scene.begun);
      if (scene.fault) throw new Error(scene.fault);
      bystanders.verify();
      for (const { tensor: each, value } of scene.settled) {
        if (!each.data.every((now) => now === value)) throw new Error("a tensor that moved in has changed");
      }
      // Which of two runs at once comes first, the clock decides.
      if (scene.begun.length === 0 && what !== "two runs at once") scene.tell();
      bits.push(bitsSoFar());
      scene.dispose();
      const kept = memoryUsage().used - used;
      if (kept !== 0) throw new Error(`${kept} bytes did not come back`);
    } catch (cause) {
      throw new StressFailure(steps + 1, what, cause);
    }
  }
  bystanders.dispose();
  return { steps, bits };
}
