/** Compares eight bits with float32 away from the page's own thread. On one thread: products of eight bits have no others. */
import { type Digits, loadDigits } from "../../train/digits.ts";
import type { Weights } from "../../train/messages.ts";
import { createNetwork, setWeights } from "../../train/network.ts";
import { Session } from "../../train/session.ts";
import { clockTick, secondsOf } from "../timing.ts";
import { compare } from "./compare.ts";
import type { Message, Request } from "./messages.ts";

/** How long each reading is timed, in milliseconds. */
const PACE = 300;
/** Of the network that is trained if the page has none. */
const SETTINGS = { hidden: 100, optimizer: "adam", learningRate: 0.001, batchSize: 100, threads: 1 } as const;

const say = (message: Message) => postMessage(message);

addEventListener("message", async ({ data }: MessageEvent<Request>) => {
  try {
    say({ kind: "status", text: "Loading the digits …" });
    const digits = await loadDigits(() => {});
    const weights = data.weights ?? (await train(digits));
    say({ kind: "status", text: "Comparing …" });
    const net = createNetwork(weights.hidden);
    setWeights(net, weights);
    const tick = clockTick();
    say({ kind: "done", comparison: compare(net, digits.test, (runs) => secondsOf(runs, PACE, tick)) });
  } catch (error) {
    say({ kind: "error", text: error instanceof Error ? error.message : String(error) });
  }
});

/** An epoch of training. */
async function train(digits: { train: Digits; test: Digits }): Promise<Weights> {
  const session = new Session(digits, SETTINGS);
  while (session.epochs < 1) {
    say({ kind: "status", text: `Training a network for an epoch first: ${Math.round(100 * session.epochs)} % …` });
    await session.next();
  }
  const weights = session.weights();
  session.dispose();
  return weights;
}
