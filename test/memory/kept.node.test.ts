/** What a layer and a network keep alive of the arrays that they were last called on. */
import { Affine } from "affine-wasm";
import { dense, Sequential } from "affine-wasm/nn";
import { expect, it } from "vitest";
import { collectUntil } from "../support/gc.js";

it("a large array, of which one row was passed, is not kept by whoever was called with it", async () => {
  using layer = new Affine(4, 2);
  using net = new Sequential(4, [dense(2)]);
  let left = 0;
  const registry = new FinalizationRegistry(() => left--);
  // What a function makes is out of reach once it has returned; inlined, it might still lie in a register.
  const call = () => {
    for (let round = 0; round < 2; round++) {
      const [x, y] = [new Float32Array(100_000), new Float32Array(100_000)];
      const [row, out] = [x.subarray(0, 4), y.subarray(0, 2)];
      for (let again = 0; again < 2; again++) {
        layer.forward(row, out);
        layer.backward(out, { out: row });
        net.forward(row, out);
        net.backward(out, { out: row });
        net.predict(row, out);
      }
      for (const { buffer } of [x, y]) {
        registry.register(buffer, null);
        left++;
      }
    }
  };
  await Promise.resolve();
  call();
  await Promise.resolve();
  expect(left).toBe(4);
  expect(await collectUntil(() => left === 0)).toBe(true);
  expect(net.predict(new Float32Array(4))).toHaveLength(2);
  expect(layer.forward(new Float32Array(4))).toHaveLength(2);
});
