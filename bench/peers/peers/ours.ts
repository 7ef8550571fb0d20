/** affine-wasm as a contender: the default variant in this process, `wide` in another, as variants cannot be mixed. */
import { fileURLToPath } from "node:url";
import { backend } from "../../../dist/index.js";
import { enableThreads } from "../../../dist/threads.js";
import { childPeer } from "../child.ts";
import { affineEpoch } from "../epoch.ts";
import type { Peer } from "../peer.ts";
import { versionOf } from "../version.ts";
import { openAffine } from "./affine.ts";

export async function affine(threads: number): Promise<Peer> {
  if (threads > 1) await enableThreads({ threads });
  return {
    name: `affine-wasm (${backend()})`,
    version: versionOf(".."),
    kind: "ours",
    open: async (problem) => openAffine(problem),
    epoch: async (batch) => affineEpoch(batch),
  };
}

export function affineWide(threads: number): Promise<Peer | null> {
  const script = fileURLToPath(new URL("../affineChild.ts", import.meta.url));
  return childPeer({
    name: "affine-wasm (wide)",
    kind: "ours",
    command: process.execPath,
    args: [script, String(threads)],
    trains: true,
  });
}
