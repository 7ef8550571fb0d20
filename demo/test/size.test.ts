import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { DIST } from "./page.ts";

const LIMIT = 60_000;

/** Chunks that are not the page's own: the charts and TensorFlow.js. */
const OTHERS = /^(uplot|tfjs)-/;

test("the page's own JavaScript, with the library in it, is under 60 KB gzipped", () => {
  const scripts = readdirSync(`${DIST}assets`).filter((name) => name.endsWith(".js"));
  expect(scripts.some((name) => name.startsWith("uplot-"))).toBe(true);
  expect(scripts.some((name) => name.startsWith("tfjs-"))).toBe(true);
  const own = scripts.filter((name) => !OTHERS.test(name));
  expect(own.length).toBeGreaterThan(1);
  const sizes = own.map((name) => gzipSync(readFileSync(`${DIST}assets/${name}`), { level: 9 }).length);
  console.log(own.map((name, i) => `${name} ${sizes[i]}`).join("\n"));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(LIMIT);
});
