/** What only Node does: `fetch` refuses file: URLs there, so the library reads them itself. */
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { binary, freshLibrary, variant } from "../environment.js";

it("the library starts from a file: URL", async () => {
  const fresh = await freshLibrary();
  await fresh.init(pathToFileURL(`build/${binary}.wasm`));
  expect(fresh.backend()).toBe(variant);
});
