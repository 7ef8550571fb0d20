/** What every contender has in common, so that one loop can check and time them all. */

import type { Pass } from "../common/layers.ts";
import type { Problem, Results } from "../common/problem.ts";
import { secondsPerRun } from "./timing.ts";

/** affine-wasm itself; others on WebAssembly; on JavaScript alone; native code, which no web page can run. */
export type Kind = "ours" | "wasm" | "js" | "native";

/** A library, ready to open layers. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  readonly kind: Kind;
  /** What a reader of its figures should know. */
  readonly note?: string;
  /** Takes the operands into the peer's own memory, if it has one. */
  open(problem: Problem): Promise<Layer>;
  /** Seconds for one epoch of 60,000 digits through 784-100-10, if the peer can train. */
  epoch?(batch: number): Promise<number>;
  close?(): void;
}

/** One layer of a peer. */
export interface Layer {
  /** Which passes it has. */
  readonly passes: readonly Pass[];
  /** The median time of the runs within `milliseconds`, at least one, in seconds. */
  measure(pass: Pass, milliseconds: number): Promise<number>;
  /** Runs the pass once and reads its results out. */
  results(pass: Pass): Promise<Results>;
  dispose(): void | Promise<void>;
}

/** A layer that runs in this process. */
export interface LocalLayer {
  /** Called before a series of runs, not timed. */
  readonly prepare?: () => Promise<unknown>;
  readonly forward?: () => void | Promise<void>;
  readonly backward?: () => void | Promise<void>;
  readonly results: (pass: Pass) => Results | Promise<Results>;
  readonly dispose?: () => void;
}

/** Adds the timing to a layer of this process. */
export function local({ prepare, forward, backward, results, dispose }: LocalLayer): Layer {
  const runs = { forward, backward };
  const run = (pass: Pass) => {
    const found = runs[pass];
    if (!found) throw new Error(`there is no ${pass} pass`);
    return found;
  };
  return {
    passes: (["forward", "backward"] as const).filter((pass) => runs[pass]),
    async measure(pass, milliseconds) {
      await prepare?.();
      return secondsPerRun(run(pass), milliseconds);
    },
    async results(pass) {
      await prepare?.();
      await run(pass)();
      return results(pass);
    },
    dispose: () => dispose?.(),
  };
}

/** One array for each output. */
export type Outputs = { readonly [output in keyof Results]-?: Float32Array };

/** Allocates the four outputs as ordinary typed arrays. */
export function outputsOf({ batch, inFeatures, outFeatures }: Problem): Outputs {
  return {
    y: new Float32Array(batch * outFeatures),
    dx: new Float32Array(batch * inFeatures),
    dWeight: new Float32Array(inFeatures * outFeatures),
    dBias: new Float32Array(outFeatures),
  };
}
