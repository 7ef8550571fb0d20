/** What only Node does: `fetch` refuses file: URLs there, so the library reads them itself. */
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { binary, freshLibrary, variant } from "../support/environment.js";

it("the library starts from a file: URL", async () => {
  const fresh = await freshLibrary();
  await fresh.init(pathToFileURL(`build/${binary}.wasm`));
  expect(fresh.backend()).toBe(variant);
});

it("a file: URL of no file, or of another file, is named by the error", async () => {
  const fresh = await freshLibrary();
  const missing = pathToFileURL("build/missing.wasm");
  await expect(fresh.init(missing)).rejects.toThrow(`init: ${missing} cannot be read: ENOENT`);
  const other = pathToFileURL("LICENSE");
  await expect(fresh.init(other)).rejects.toThrow(`init: ${other} is not a WebAssembly binary (`);
});
