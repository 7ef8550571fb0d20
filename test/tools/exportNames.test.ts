/** The exports of shared chunks, as `scripts/exportNames.ts` renames them. */
import { describe, expect, it } from "vitest";
import { nameExportsAsInside } from "../../scripts/exportNames.js";

/** The files after renaming. */
function after(files: Record<string, { code?: string; isEntry?: boolean }>): Record<string, string | undefined> {
  nameExportsAsInside(files);
  return Object.fromEntries(Object.entries(files).map(([file, { code }]) => [file, code]));
}

describe("nameExportsAsInside", () => {
  it("renames what a shared chunk exports, and what imports or hands it on", () => {
    expect(
      after({
        "shared.js": { code: "const a=1,b=2,c=3;export{a as t,b as n,c}" },
        "one.js": { code: 'import{t as b,n as a}from"./shared.js";export{b as one,a as two};', isEntry: true },
        "two.js": { code: 'import{c as x}from"./shared.js";export{t as three}from"./shared.js";x();', isEntry: true },
      }),
    ).toEqual({
      "shared.js": "const a=1,b=2,c=3;export{a,b,c};",
      "one.js": 'import{a as b,b as a}from"./shared.js";export{b as one,a as two};',
      "two.js": 'import{c as x}from"./shared.js";export{a as three}from"./shared.js";x();',
    });
  });

  it("renames across several shared chunks, one of which imports from another", () => {
    expect(
      after({
        "a.js": { code: "const q=1;export{q as t};" },
        "b.js": { code: 'import{t as e}from"./a.js";const f=e;export{f as t};' },
        "entry.js": { code: 'import{t as e}from"./a.js";import{t as f}from"./b.js";e(f);', isEntry: true },
      }),
    ).toEqual({
      "a.js": "const q=1;export{q};",
      "b.js": 'import{q as e}from"./a.js";const f=e;export{f};',
      "entry.js": 'import{q as e}from"./a.js";import{f}from"./b.js";e(f);',
    });
  });

  it("leaves the names of entries, what comes from elsewhere, and files that are no code", () => {
    const files = {
      "index.js": { code: 'import{a as b}from"node:fs";const c=b;export{c as d};', isEntry: true },
      "other.js": { code: 'import{d as e}from"./index.js";e();', isEntry: true },
      "some.wasm": {},
    };
    const before = structuredClone(files);
    nameExportsAsInside(files);
    expect(files).toEqual(before);
  });
});
