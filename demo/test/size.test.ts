import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { DIST } from "./page.ts";

const LIMIT = 60_000;

test("the page's own JavaScript, with the library and both workers, is under 60 KB gzipped", () => {
  const scripts = readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  const sizes = scripts.map((name) => gzipSync(readFileSync(`${DIST}${name}`), { level: 9 }).length);
  const kinds = scripts.map((name) => name.replace("assets/", "").split(/[-.]/)[0]);
  for (const kind of ["index", "library", "measure", "sw", "tfjs", "train", "uplot"]) expect(kinds).toContain(kind);
  // Apart from it: the charts, and TensorFlow.js, which is loaded for the comparison only.
  const own = sizes.filter((_, i) => !/^(uplot|tfjs)$/.test(kinds[i] as string)).reduce((sum, size) => sum + size, 0);
  console.log([...scripts.map((name, i) => `${name}: ${sizes[i]} bytes gzipped`), `its own: ${own}`].join("\n"));
  expect(own).toBeGreaterThan(30_000);
  expect(own).toBeLessThan(LIMIT);
});
