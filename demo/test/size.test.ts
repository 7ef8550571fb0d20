import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { DIST } from "./page.ts";

const LIMIT = 60_000;

test("the page's own JavaScript, with the library in it, is under 60 KB gzipped, and so is each worker's", () => {
  const scripts = readdirSync(`${DIST}assets`).filter((name) => name.endsWith(".js"));
  const sizes = scripts.map((name) => gzipSync(readFileSync(`${DIST}assets/${name}`), { level: 9 }).length);
  console.log(scripts.map((name, i) => `${name}: ${sizes[i]} bytes gzipped`).join("\n"));
  // Apart from those: the charts, and TensorFlow.js, which is loaded for the comparison only.
  const kinds = scripts.map((name) => name.split("-")[0]).sort();
  expect(kinds).toEqual(["index", "tfjs", "uplot", "worker", "worker"]);
  for (const [i, name] of scripts.entries()) {
    if (/^(index|worker)-/.test(name)) expect(sizes[i], name).toBeLessThan(LIMIT);
  }
});
