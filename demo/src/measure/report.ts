/** A measurement in words: the browser, and all figures as Markdown. */
import { nameOf } from "../../../bench/common/layers.ts";
import type { Name } from "./contenders.ts";
import type { Message, Row } from "./messages.ts";

export type Start = Extract<Message, { kind: "start" }>;

export const NAMES: Record<Name, string> = {
  affine: "affine-wasm",
  tfjs: "TensorFlow.js wasm",
  plain: "plain JavaScript",
};

/** "Firefox 153 on Linux x86_64", from what the browser says of itself. */
export function browserOf(agent: string): string {
  const engines = [
    ["Edge", /Edg\/([\d]+)/],
    ["Firefox", /Firefox\/([\d]+)/],
    ["Chromium", /Chrome\/([\d]+)/],
    ["Safari", /Version\/([\d.]+).*Safari/],
  ] as const;
  const systems = [
    ["Android", /Android/],
    ["iOS", /iPhone|iPad/],
    ["Windows", /Windows/],
    ["macOS", /Mac OS X/],
    ["Linux", /Linux/],
  ] as const;
  const engine = engines.map(([name, pattern]) => [name, pattern.exec(agent)?.[1]] as const).find(([, found]) => found);
  const system = systems.find(([, pattern]) => pattern.test(agent))?.[0];
  return `${engine ? engine.join(" ") : "an unknown browser"}${system ? ` on ${system}` : ""}`;
}

/** Two digits that say something, however slow. */
export function setSpeed(gflops: number): string {
  return gflops < 0.995 ? gflops.toPrecision(2) : gflops.toFixed(1);
}

/** What was measured, with what, in one line. */
export function conditionsOf({ variant, threads, tfjs, roof }: Start, agent: string): string {
  const limit = `128-bit SIMD here does ${roof.gflops.toFixed(1)} GFLOP/s at most (${roof.fused ? "fused" : "mul and add"})`;
  const used = threads === 1 ? "one thread" : `affine-wasm on ${threads} threads, the others and the limit on one`;
  return `${browserOf(agent)}, affine-wasm variant ${variant}, TensorFlow.js ${tfjs}, float32, ${used}. ${limit}.`;
}

export function markdownOf(start: Start, rows: readonly Row[], agent: string): string {
  const lines = rows.map(({ shape, pass, gflops }) => {
    const figures = Object.keys(NAMES).map((name) => setSpeed(gflops[name as Name]));
    return `| ${nameOf(shape)} | ${pass} | ${figures.join(" | ")} |`;
  });
  return [
    conditionsOf(start, agent),
    "",
    `| GFLOP/s | pass | ${Object.values(NAMES).join(" | ")} |`,
    "|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}
