/** The variant `wide` in Node, whose engine has to be told first. */
import { setFlagsFromString } from "node:v8";
import { initSync } from "../engine/start.js";
import "../kernels/wide/binaries.js";

/**
 * Lets V8 fuse 128-bit into 256-bit operations, and starts the variant `wide`. Call it before the first use of the library.
 * The variant checks its products first and, if they are wrong, warns and leaves the work to the default one: see
 * `backend()`.
 *
 * It sets the V8 flag `--experimental-wasm-revectorize` for the whole process. In a browser or Electron the same is done
 * from outside, by `--js-flags=--experimental-wasm-revectorize` (`--wasm-revectorize` in newer versions), and
 * `import { variant } from "affine-wasm/wide"`, `initSync(undefined, { variant })`.
 *
 * @throws Error where V8 has no such flag (Node before 24, or a processor that is not x64), or once another variant runs
 */
export function enableWide(): void {
  const { versions, arch } = process;
  const major = Number.parseInt(versions.node, 10);
  if (!versions.v8 || versions.bun || versions.deno || major < 24 || arch !== "x64") {
    throw new Error(`enableWide: needs Node 24 or newer on x64, this is ${describe()}`);
  }
  setFlagsFromString("--experimental-wasm-revectorize");
  initSync(undefined, { variant: "wide" });
}

function describe(): string {
  const { versions, arch } = process;
  const engine = versions.bun
    ? `Bun ${versions.bun}`
    : versions.deno
      ? `Deno ${versions.deno}`
      : `Node ${versions.node}`;
  return `${engine} on ${arch}`;
}
