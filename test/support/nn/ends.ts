/** For tests of whose memory a call touches: ends of what is used, and bystanders that take its memory at once. */
import { afterEach } from "vitest";
import { Bystanders } from "../bystanders.js";

const bystanders: Bystanders[] = [];

afterEach(leave);

/** Bystanders that take the memory which was just returned. */
export function settle(): void {
  const made = new Bystanders();
  made.settle(16, 60);
  bystanders.push(made);
}

/** The bystanders go. */
export function leave(): void {
  for (const each of bystanders.splice(0)) each.dispose();
}

/** How many of the bystanders' values have changed. */
export function harmed(): number {
  return bystanders.reduce((sum, each) => sum + each.harmed(), 0);
}

/** A value, once something has happened. */
export function after<T>(act: () => unknown, value: T): T {
  act();
  return value;
}

/** The end of a network or an optimizer, after which others live where it did. */
export function end(thing: { dispose(): void }): void {
  thing.dispose();
  settle();
}

/** What a run is rejected with; undefined if it is not. */
export async function rejection(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}
