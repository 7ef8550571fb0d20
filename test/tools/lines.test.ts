/** Minified code in lines. */
import { describe, expect, it } from "vitest";
import { inLines } from "../../scripts/lines.js";
import { eachCase } from "../support/cases.js";

describe("inLines", () => {
  const values = Array.from({ length: 200 }, (_, i) => `f(${i})`);

  it("breaks lists of all kinds, and the program stays the same", () => {
    const lists = [
      values.join(";"),
      `let a=0${values.map((value, i) => `,a${i}=${value}`).join("")}`,
      `(()=>{return ${values.join(",")}})()`,
      `g(${values.join(",")})`,
      `({${values.map((value, i) => `k${i}:${value}`).join(",")}})`,
      `new class{${values.map((value, i) => `#k${i}=${value}`).join(";")}}`,
      `switch(0){case 0:${values.join(";")}}`,
    ];
    const seen = (code: string) => {
      const calls: unknown[] = [];
      new Function("f", "g", code)(
        (value: number) => calls.push(value),
        (...all: unknown[]) => calls.push(all),
      );
      return calls;
    };
    eachCase(lists, (code) => {
      const lines = inLines(code).split("\n");
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(300);
      expect(lines.join("")).toBe(code);
      expect(seen(lines.join("\n"))).toEqual(seen(code));
    });
  });

  it("leaves texts as they are", () => {
    const code = `const a=\`${"x ".repeat(300)}\${1,2}${"y ".repeat(300)}\`;`;
    expect(inLines(code)).toBe(code);
  });
});
