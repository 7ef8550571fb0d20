/** Helpers that fail in the middle of a product, in every way they can. */
import { helperScript } from "../../src/engine/threads/helperScript.js";

/**
 * Runs in a helper in place of a product: `compute` is the product, `view(at, length)` the floats of C, `call[1]` the columns of
 * the tile, which may be few.
 */
export const misdeeds = {
  "is killed before it has written anything": "process.exit()",
  "is killed when a row of its tile is written": "view(c, call[1]).fill(1e9); process.exit()",
  throws: "view(c, call[1]).fill(1e9); throw new Error('out of order')",
  "hangs for ever": "view(c, call[1]).fill(1e9); for (;;);",
  "is held up, and writes later": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000); compute()",
};

/** A helper's script that misbehaves at its second product. */
export function misbehaving(deed: string): string {
  return scriptWith(`if (++calls === 2) { ${deed} } else compute();`);
}

/** A helper's script that does something before each product. */
export function slow(deed: string): string {
  return scriptWith(`${deed}; compute();`);
}

function scriptWith(body: string): string {
  return scriptOf(
    "gemmF32",
    `
        const c = call[11];
        const compute = () => gemmF32(...call);
        ${body}`,
  );
}

/**
 * A helper's script that runs `body` in place of a kernel, where the module has it: with the kernel under its name, `call`, which
 * are its arguments, `calls`, to count them, and `view(at, length)`, floats of the memory.
 */
export function scriptOf(kernel: string, body: string): string {
  return `{
    const { Instance } = WebAssembly;
    let calls = 0;
    WebAssembly.Instance = function (module, imports) {
      const { exports } = new Instance(module, imports);
      const view = (at, length) => new Float32Array(imports.env.memory.buffer, at >>> 0, length);
      const { ${kernel} } = exports;
      const other = (...call) => {
        ${body}
      };
      return { exports: ${kernel} ? { ...exports, ${kernel}: other } : exports };
    };
  }
  ${helperScript}`;
}
