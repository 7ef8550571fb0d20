/** The packed library in a page that Parcel builds as it is: it looks at `main` and `alias`, not at `exports`. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPacked } from "../../tools/packed.js";
import { worked } from "./apps/worked.js";

const PARCEL = createRequire(import.meta.url).resolve("parcel/lib/bin.js");

let project: ReturnType<typeof installPacked>;
beforeAll(() => {
  project = installPacked();
  const { folder } = project;
  for (const name of ["work.ts", "worked.ts"]) {
    copyFileSync(fileURLToPath(new URL(`apps/${name}`, import.meta.url)), join(folder, name));
  }
  writeFileSync(
    join(folder, "page.ts"),
    `import { work } from "./work.ts"; work().then((done) => console.log(JSON.stringify(done)));`,
  );
  writeFileSync(join(folder, "index.html"), `<!doctype html><script type="module" src="page.ts"></script>`);
});
afterAll(() => project?.remove());

describe("built by Parcel, without any configuration", () => {
  it("computes, trains, saves and loads", () => {
    const { folder } = project;
    const node = (words: string[]) => execFileSync(process.execPath, words, { cwd: folder, encoding: "utf8" });
    node([PARCEL, "build", "index.html", "--no-cache", "--no-source-maps"]);
    const scripts = readdirSync(join(folder, "dist")).filter((name) => name.endsWith(".js"));
    expect(scripts.length).toBe(1);
    // One script, which needs nothing of a page.
    cpSync(join(folder, "dist", scripts[0] as string), join(folder, "built.mjs"));
    expect(JSON.parse(node(["built.mjs"]))).toEqual(worked);
  });
});
