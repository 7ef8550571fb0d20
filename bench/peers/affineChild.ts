/** affine-wasm in a process of its own, in the variant `wide`, on so many threads: see child.ts for the protocol. */
import { createInterface } from "node:readline";
import { backend } from "../../dist/index.js";
import { enableWide } from "../../dist/node.js";
import { enableThreads } from "../../dist/threads.js";
import type { Pass, Shape } from "../common/layers.ts";
import { readProblem, writeArray } from "./child.ts";
import { affineEpoch } from "./epoch.ts";
import type { Layer } from "./peer.ts";
import { openAffine } from "./peers/affine.ts";
import { versionOf } from "./version.ts";

type Request =
  | ({ op: "open"; folder: string } & Shape)
  | { op: "measure"; pass: Pass; milliseconds: number }
  | { op: "results"; pass: Pass }
  | { op: "epoch"; batch: number }
  | { op: "dispose" };

let open: { layer: Layer; folder: string } | null = null;

async function answer(request: Request): Promise<object> {
  if (request.op === "epoch") return { seconds: affineEpoch(request.batch) };
  if (request.op === "open") {
    const { folder, batch, inFeatures, outFeatures } = request;
    open = { folder, layer: openAffine(readProblem(folder, { batch, inFeatures, outFeatures })) };
    return {};
  }
  if (!open) throw new Error("no layer is open");
  const { layer, folder } = open;
  if (request.op === "measure") return { seconds: await layer.measure(request.pass, request.milliseconds) };
  if (request.op === "dispose") {
    layer.dispose();
    open = null;
    return {};
  }
  const results = await layer.results(request.pass);
  for (const [name, values] of Object.entries(results)) if (values) writeArray(folder, name, values);
  return {};
}

function say(line: object): void {
  console.log(JSON.stringify(line));
}

try {
  const threads = Number(process.argv[2]);
  if (threads > 1) await enableThreads({ threads });
  enableWide();
  if (backend() === "wide") say({ version: versionOf("..") });
  else say({ error: `the variant is ${backend()}` });
} catch (error) {
  say({ error: (error as Error).message });
}
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say(await answer(JSON.parse(line) as Request));
  } catch (error) {
    say({ error: (error as Error).message });
  }
}
