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

  /** Products a second of so many of them together, over those of the first alone, which comes first in every other turn. */
  async gain(count: number, request: Request, turn: number): Promise<number> {
    const counts = turn % 2 ? [count, 1] : [1, count];
    const rates: number[] = [];
    for (const each of counts) {
      const answers = await Promise.all(this.#children.slice(0, each).map((child) => ask(child, request)));
      rates.push(answers.reduce((sum, rate) => sum + rate, 0));
    }
    const [alone, together] = (turn % 2 ? rates.reverse() : rates) as [number, number];
    return together / alone;
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
