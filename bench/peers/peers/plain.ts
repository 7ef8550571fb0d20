/** Plain JavaScript: the textbook's three loops, and packed blocks. */
import { blocked, naive, type PlainProduct, plainBackward, plainForward } from "../../../tools/plain.ts";
import { local, outputsOf, type Peer } from "../peer.ts";

function plain(name: string, product: PlainProduct): Peer {
  return {
    name,
    version: process.versions.node,
    kind: "js",
    async open(problem) {
      const outputs = outputsOf(problem);
      return local({
        forward: () => plainForward(product, problem, problem, outputs.y),
        backward: () => plainBackward(product, problem, problem, outputs),
        results: () => outputs,
      });
    },
  };
}

export const plainBlocked = () => plain("plain JS, blocked", blocked);
export const plainNaive = () => plain("plain JS, naive", naive);
