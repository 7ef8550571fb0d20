import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { DIST } from "./page.ts";

/** Of what the page loads by itself: 44 kB are the library, a third of that its binaries. */
const START = 60_000;
/** Of all but what few will ask for: with what training and measuring load. */
const OWN = 74_000;
/** What comes when it is asked for, each with its limit. TensorFlow.js, for the comparison, and the charts are not the page's own. */
const LATER: Record<string, number> = {
  onnx: 30_000,
  quantized: 10_000,
  threads: 5_000,
  file: 1_500,
  nn: 2_000,
  eight: 1_500,
};

const scripts = () =>
  readdirSync(DIST, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .map((name) => ({
      name,
      kind: name.replace("assets/", "").split(/[-.]/)[0] as string,
      bytes: gzipSync(readFileSync(`${DIST}${name}`), { level: 9 }).length,
    }));

const sum = (all: ReturnType<typeof scripts>) => all.reduce((total, { bytes }) => total + bytes, 0);

test("the page's own JavaScript is small: what it loads by itself, what it loads to train and measure, and the rest", () => {
  const own = scripts().filter(({ kind }) => kind !== "uplot" && kind !== "tfjs");
  const html = readFileSync(`${DIST}index.html`, "utf8");
  const start = own.filter(({ name }) => html.includes(name));
  const usual = own.filter(({ kind }) => LATER[kind] === undefined);
  console.log(
    [
      ...scripts().map(({ name, bytes }) => `${name}: ${bytes} bytes gzipped`),
      `by itself: ${sum(start)}, with training and measuring: ${sum(usual)}, everything: ${sum(own)}`,
    ].join("\n"),
  );
  const kinds = own.map(({ kind }) => kind);
  for (const kind of ["index", "library", "measure", "sw", "train", ...Object.keys(LATER)])
    expect(kinds).toContain(kind);
  expect(start.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["index", "library"]));
  for (const { kind } of start) expect(LATER[kind], `${kind} at the start`).toBeUndefined();
  expect(sum(start)).toBeGreaterThan(30_000);
  expect(sum(start)).toBeLessThan(START);
  expect(sum(usual)).toBeLessThan(OWN);
  for (const { kind, bytes } of own) if (LATER[kind]) expect(bytes, kind).toBeLessThan(LATER[kind]);
});
