/** The networks and layers that a step updates. */
import { keyOf, type Target, targetOf } from "./target.js";

/** Whether these are the targets: what a warm step asks, so without a list of its own. */
export function areTargets(targets: readonly Target[] | null, given: unknown): boolean {
  if (!targets) return false;
  if (!Array.isArray(given)) return targets.length === 1 && targets[0]?.key === keyOf(given);
  if (given.length !== targets.length) return false;
  for (let i = 0; i < given.length; i++) if (keyOf(given[i]) !== targets[i]?.key) return false;
  return true;
}

/**
 * One or a list of them, ready for a step.
 * @throws TypeError for what is none, RangeError for an empty list or one that has something twice, ReferenceError for what is
 *   disposed, Error where there are no gradients yet
 */
export function readTargets(caller: string, given: unknown): Target[] {
  const list = Array.isArray(given) ? Array.from(given as unknown[]) : [given];
  if (list.length === 0) throw new RangeError(`${caller}: the list is empty: there is nothing to update`);
  const name = (i: number) => (Array.isArray(given) ? `[${i}] of the list` : "what is updated");
  const targets = list.map((each, i) => targetOf(caller, name(i), each));
  for (const [i, { key }] of targets.entries()) {
    if (targets.findIndex((each) => each.key === key) !== i)
      throw new RangeError(`${caller}: ${name(i)} is there twice`);
  }
  for (const target of targets) target.checkUsable(caller);
  checkGradients(caller, targets);
  return targets;
}

/** @throws Error for the first that has no gradients */
export function checkGradients(caller: string, targets: readonly Target[]): void {
  for (let i = 0; i < targets.length; i++) {
    if (targets[i]?.hasGradients) continue;
    const which = targets.length > 1 ? `: [${i}] of the list has no gradients yet` : "";
    throw new Error(`${caller}: call backward first${which}`);
  }
}
