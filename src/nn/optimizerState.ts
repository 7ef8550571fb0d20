/** The state of an optimizer as named arrays, each of the shape of a parameter. */
import { readArray, readFloatArray } from "../common/arrays.js";
import { checkVector, kindOf } from "../common/check.js";
import type { DType, FloatArray } from "../common/dtype.js";
import { listed, quoted } from "../common/quoted.js";
import { entriesOf, isMap } from "../common/records.js";
import { backendInUse } from "../engine/start.js";
import { locateOwned } from "../memory/staging.js";
import { Tensor } from "../memory/tensor.js";
import { type Entry, Part } from "./parameterBlock.js";
import type { Target } from "./target.js";

/** An array of the state, and the parameter that it is for. */
export interface StatePart {
  readonly name: string;
  readonly entry: Entry;
  readonly dtype: DType;
  readonly part: Part<DType>;
}

/** Every array of the state. In a list, its names tell which of the list it is for. */
export function partsOf(
  targets: readonly Target[],
  listed: boolean,
  slotNames: readonly string[],
  slots: readonly (readonly Tensor[])[],
): StatePart[] {
  return slotNames.flatMap((slotName, s) =>
    targets.flatMap(({ entries, dtype }, t) =>
      entries.map((entry) => ({
        name: `${slotName}.${listed ? `${t}.` : ""}${entry.name}`,
        entry,
        dtype,
        part: new Part(slots[t]?.[s] as Tensor, entry),
      })),
    ),
  );
}

/**
 * Plain views of what a caller gives as state, or copies.
 * @throws TypeError for anything but a Map of float arrays, ReferenceError for a view of memory that was returned
 */
export function readState(caller: string, state: unknown, copied: boolean): Map<string, FloatArray> {
  if (!isMap(state))
    throw new TypeError(`${caller}: state must be a Map, as exportState returns, got ${kindOf(state)}`);
  const { heap } = backendInUse();
  const arrays = new Map<string, FloatArray>();
  for (const [key, value] of entriesOf(state) as [unknown, unknown][]) {
    if (typeof key !== "string") throw new TypeError(`${caller}: state must have names as keys, got ${kindOf(key)}`);
    const name = `state ${quoted(key)}`;
    const array = readFloatArray(caller, name, value);
    locateOwned(caller, name, heap, array);
    arrays.set(key, copied ? array.slice() : array);
  }
  return arrays;
}

/**
 * Writes what `readState` has read, after all of it is checked.
 * @throws RangeError for missing, unknown or misshapen arrays, TypeError for those of another element type
 */
export function writeState(
  caller: string,
  optimizer: string,
  parts: readonly StatePart[],
  state: ReadonlyMap<string, FloatArray>,
): void {
  for (const { name, entry, dtype } of parts) {
    const array = state.get(name);
    if (!array) throw new RangeError(`${caller}: the state has no "${name}"; it has ${listed([...state.keys()])}`);
    checkVector(
      caller,
      `state "${name}"`,
      readArray(caller, `state "${name}"`, array, dtype),
      entry.name,
      entry.length,
    );
  }
  for (const name of state.keys()) {
    if (!parts.some((part) => part.name === name)) {
      throw new RangeError(`${caller}: ${quoted(name)} is no state of ${optimizer}`);
    }
  }
  for (const { name, part } of parts) part.peek().set(state.get(name) as FloatArray);
}

/**
 * The state of each target: zeros, or what was imported.
 * @throws RangeError in the name of `caller` if memory runs out, or for state that does not fit; nothing is kept then
 */
export function makeSlots(
  caller: string,
  optimizer: string,
  targets: readonly Target[],
  listed: boolean,
  slotNames: readonly string[],
  imported: ReadonlyMap<string, FloatArray> | null,
): Tensor[][] {
  const slots: Tensor[][] = [];
  try {
    for (const { heap, length, dtype } of targets) {
      const own: Tensor[] = [];
      slots.push(own);
      for (const _ of slotNames) own.push(new Tensor(heap, length, dtype, caller));
    }
    if (imported) writeState(caller, optimizer, partsOf(targets, listed, slotNames, slots), imported);
  } catch (error) {
    for (const slot of slots.flat()) slot.dispose();
    throw error;
  }
  return slots;
}
