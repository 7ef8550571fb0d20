/** Who takes part, in the order of the tables. */
import type { Peer } from "./peer.ts";
import { jax } from "./peers/jax.ts";
import { mlMatrix } from "./peers/mlMatrix.ts";
import { nativeStarters } from "./peers/native.ts";
import { numpyTs } from "./peers/numpyTs.ts";
import { onnxruntime } from "./peers/onnxruntime.ts";
import { affine, affineWide } from "./peers/ours.ts";
import { plainBlocked, plainNaive } from "./peers/plain.ts";
import { stdlib } from "./peers/stdlib.ts";
import { tfjsCpu, tfjsWasm, tfjsWasmGrads } from "./peers/tfjs.ts";

const STARTERS: readonly (() => Peer | Promise<Peer | null>)[] = [
  affine,
  affineWide,
  tfjsWasm,
  tfjsWasmGrads,
  onnxruntime,
  jax,
  numpyTs,
  plainBlocked,
  plainNaive,
  stdlib,
  mlMatrix,
  tfjsCpu,
  ...nativeStarters(),
];

/** Starts everyone who can run here; the others have said why not. */
export async function startAll(): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const start of STARTERS) {
    const peer = await start();
    if (peer) peers.push(peer);
  }
  return peers;
}
