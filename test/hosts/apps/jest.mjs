/** A user's test in Jest: `test` and `expect` are its globals, and its typed arrays and bytes are not all of one realm. */
import { init } from "affine-wasm";
import { dense, loadWeights, Sequential, saveWeights } from "affine-wasm/nn";
import { work } from "./work.mjs";
import { worked } from "./worked.mjs";

test("all that the library does", async () => {
  await init();
  expect(await work()).toEqual(worked);
});

test("bytes that Node made", () => {
  const net = new Sequential(2, [dense(1)], { seed: 1 });
  const other = new Sequential(2, [dense(1)], { seed: 2 });
  loadWeights(other, Buffer.from(saveWeights(net)));
  expect([...other.layers[0].weight]).toEqual([...net.layers[0].weight]);
});
