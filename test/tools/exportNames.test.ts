/** The exports of shared chunks, as `scripts/exportNames.ts` renames them. */
import { describe, expect, it } from "vitest";
import { nameExportsAsInside } from "../../scripts/exportNames.js";

/** The files after renaming. */
function after(
  files: Record<string, { code?: string; isEntry?: boolean; isDynamicEntry?: boolean }>,
): Record<string, string | undefined> {
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

  it("exports once what was exported under two names", () => {
    expect(
      after({
        "shared.js": { code: "const a=1;export{a as t,a as n}" },
        "one.js": { code: 'import{t as x,n as y}from"./shared.js";x(y);', isEntry: true },
      }),
    ).toEqual({
      "shared.js": "const a=1;export{a};",
      "one.js": 'import{a as x,a as y}from"./shared.js";x(y);',
    });
  });

  it("takes a default for what it is", () => {
    expect(
      after({
        "shared.js": { code: "const a=1;export{a as default}" },
        "one.js": { code: 'import x from"./shared.js";x();', isEntry: true },
      }),
    ).toEqual({ "shared.js": "const a=1;export{a};", "one.js": 'import{a as x}from"./shared.js";x();' });
  });

  it("leaves the names of what is imported at run time, as nobody can tell who asks for which", () => {
    const files = {
      "later.js": { code: "const a=1;export{a as t};", isDynamicEntry: true },
      "one.js": { code: 'const{t:x}=await import("./later.js");x();', isEntry: true },
    };
    const before = structuredClone(files);
    nameExportsAsInside(files);
    expect(files).toEqual(before);
  });

  it.each([
    ['import*as x from"./shared.js";x.t();', "./one.js takes all names of ./shared.js, which are other ones now"],
    ['export*from"./shared.js";', "./one.js takes all names of ./shared.js, which are other ones now"],
  ])("refuses %s", (code, message) => {
    const files = { "shared.js": { code: "const a=1;export{a as t}" }, "one.js": { code, isEntry: true } };
    expect(() => nameExportsAsInside(files)).toThrow(message);
  });
});
