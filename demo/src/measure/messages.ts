/** What the page and the measuring worker say to each other. */
import type { Variant } from "affine-wasm";
import type { Pass, Shape } from "../../../bench/common/layers.ts";
import type { Name } from "./contenders.ts";

/** GFLOP/s of each contender on one pass of one shape. */
export interface Row {
  readonly shape: Shape;
  readonly pass: Pass;
  readonly gflops: Readonly<Record<Name, number>>;
}

/** What it is asked, once. */
export interface Request {
  readonly threads: number;
}

export type Message =
  | {
      readonly kind: "start";
      readonly variant: Variant;
      /** Those that this library computes with. */
      readonly threads: number;
      readonly tfjs: string;
      readonly roof: Roof;
    }
  | { readonly kind: "row"; readonly row: Row }
  | { readonly kind: "done" }
  | { readonly kind: "error"; readonly text: string };

export interface Roof {
  readonly fused: boolean;
  readonly gflops: number;
}
