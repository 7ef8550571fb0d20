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

type Starter = (threads: number) => Peer | Promise<Peer | null>;

/** Those that can compute on several threads here. */
const THREADED: readonly Starter[] = [affine, affineWide, onnxruntime, jax, ...nativeStarters()];

const STARTERS: readonly Starter[] = [
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
export async function startAll(threads: number): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const start of threads > 1 ? THREADED : STARTERS) {
    const peer = await start(threads);
    if (peer) peers.push(peer);
  }
  return peers;
}
