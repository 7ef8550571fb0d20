/**
 * The yardstick of threads: so many processes at once, of one thread each, over one alone. What they gain is what the cores,
 * their caches and their memory give to anybody; threads cannot gain more.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Shape } from "../common/layers.js";
import type { Pass } from "./library.js";

/** What a child is asked for: the products that it gets through in a while. Its answer is how many a second. */
export interface Request {
  readonly shape: Shape;
  readonly pass: Pass;
  readonly milliseconds: number;
}

export class Processes {
  readonly #children: readonly ChildProcess[];

  constructor(count: number) {
    const script = fileURLToPath(new URL("child.ts", import.meta.url));
    this.#children = Array.from({ length: count }, () => fork(script));
  }

  /** Products a second of so many of them together, over those of the first alone. */
  async gain(count: number, request: Request): Promise<number> {
    const [first] = this.#children as [ChildProcess];
    const alone = await ask(first, request);
    const together = await Promise.all(this.#children.slice(0, count).map((child) => ask(child, request)));
    return together.reduce((sum, rate) => sum + rate, 0) / alone;
  }

  end(): void {
    for (const child of this.#children) child.disconnect();
  }
}

function ask(child: ChildProcess, request: Request): Promise<number> {
  child.send(request);
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the yardstick ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (rate) => {
      child.off("exit", ended);
      resolve(rate as number);
    });
  });
}
