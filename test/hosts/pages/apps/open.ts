/** A page that hands the library to the test, which then writes its own steps. Counts the instances of kernels that are made. */
import * as affine from "affine-wasm";
import { outcomeOf } from "./outcome.ts";
import { workedExample } from "./work.ts";

declare global {
  interface Window {
    affine: typeof affine;
    outcomeOf: typeof outcomeOf;
    workedExample: typeof workedExample;
    instances: number;
  }
}

window.instances = 0;
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports);
    // Not that of the module which binaries are unpacked by.
    if ("variant" in this.exports) window.instances++;
  }
};
Object.assign(window, { affine, outcomeOf, workedExample });
window.outcome = { value: "open" };
