/** Cloudflare's engine: the suite in a worker, with the package's `workerd` export. It compiles nothing from bytes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Variant } from "../../../src/kernels/abi.js";
import { installPacked } from "../../../tools/packed.js";
import { bundleSuite } from "./bundle.js";
import { orderFor, sum } from "./orders.js";
import { root } from "./paths.js";
import type { Outcome } from "./portable/order.js";
import type { Engine, Row } from "./row.js";

const WORKER = `
import "./suite.js";
export default {
  async fetch(request) {
    const order = await request.json();
    const { suite } = globalThis;
    return Response.json(order ? await suite.run(order) : [await suite.defaultVariant(), await suite.runnable()]);
  },
};`;

export const workerd: Engine = { name: "workerd", oneCore: true, run };

async function run(): Promise<Row> {
  const { Miniflare } = await import("miniflare");
  const { folder, remove } = installPacked();
  const script = await bundleSuite(folder, "workerd");
  const wasm = join(folder, "node_modules/affine-wasm/dist/wasm");
  const modules = [
    { type: "ESModule", path: "worker.js", contents: WORKER } as const,
    { type: "ESModule", path: "suite.js", contents: script } as const,
    ...readdirSync(wasm).map(
      (name) => ({ type: "CompiledWasm", path: `wasm/${name}`, contents: readFileSync(join(wasm, name)) }) as const,
    ),
  ];
  /** Answers in a worker of its own: nothing has started in it yet. */
  const ask = async (order: unknown): Promise<unknown> => {
    const miniflare = new Miniflare({ modules, compatibilityDate: "2026-01-01" });
    try {
      const response = await miniflare.dispatchFetch("http://suite/", { method: "POST", body: JSON.stringify(order) });
      if (!response.ok) throw new Error(`workerd: ${await response.text()}`);
      return await response.json();
    } finally {
      await miniflare.dispose();
    }
  };
  try {
    const [variant, binaries] = (await ask(null)) as [Variant, Variant[]];
    const outcomes: Outcome[] = [];
    for (const each of binaries) outcomes.push((await ask(orderFor(each))) as Outcome);
    return { engine: "workerd", version: workerdVersion(), variant, binaries, ...sum(binaries, outcomes) };
  } finally {
    remove();
  }
}

function workerdVersion(): string {
  const file = join(root, "node_modules/workerd/package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
