/** A process of the yardstick: answers each request with products a second. */
import * as library from "../../dist/index.js";
import { passesOf } from "./library.js";
import type { Request } from "./processes.js";

const opened = new Map<string, ReturnType<typeof passesOf>>();

process.on("message", ({ shape, pass, milliseconds }: Request) => {
  const name = JSON.stringify(shape);
  const passes = opened.get(name) ?? passesOf(library, shape);
  opened.set(name, passes);
  const run = passes[pass];
  let runs = 0;
  const start = performance.now();
  let elapsed = 0;
  for (; elapsed < milliseconds; elapsed = performance.now() - start) {
    run();
    runs++;
  }
  process.send?.((1000 * runs) / elapsed);
});
