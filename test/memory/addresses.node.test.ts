/** Large memory: growth by hundreds of megabytes, and addresses whose top bit is set. Untouched pages cost nothing. */
import { Affine, backward, forward, memoryUsage, tensor } from "affine-wasm";
import { describe, expect, it } from "vitest";
import { type DType, elementBytes, type FloatArray } from "../../src/common/dtype.js";
import { typedKernels } from "../../src/kernels/abi.js";
import { Heap } from "../../src/memory/heap.js";
import { arrayOf, DTYPES, eachCase, operandsOf, randomFrom } from "../support/cases.js";
import { kernelsOver } from "../support/environment.js";
import { hasGrownSince } from "../support/grown.js";
import { expectSameBits } from "../support/reference.js";

const MEGABYTE = 2 ** 20;
const GIGABYTE = 2 ** 30;

interface Run {
  readonly copies: FloatArray[];
  readonly addresses: number[];
}

describe("memory", () => {
  it("grows by hundreds of megabytes, and every view read again after that shows what was there", () => {
    using layer = new Affine(40, 30, { seed: 1 });
    using values = tensor(1000);
    values.data.forEach((_, i, all) => {
      all[i] = i;
    });
    const [weight, y] = [layer.weight.slice(), layer.forward(values.data)];
    const dx = layer.backward(y);
    const gradient = layer.dWeight.slice();
    const held = Array.from({ length: 4 }, () => {
      const stale = values.data;
      const next = tensor((100 * MEGABYTE) / 4);
      expect(hasGrownSince(stale, values.data), "the memory grew").toBe(true);
      expectSameBits(layer.weight, weight, "weight");
      expectSameBits(layer.dWeight, gradient, "dWeight");
      expect([values.data[0], values.data[999]]).toEqual([0, 999]);
      expect([next.data[0], next.data.at(-1)]).toEqual([0, 0]);
      return next;
    });
    expect(memoryUsage().total).toBeGreaterThan(400 * MEGABYTE);
    expectSameBits(layer.backward(y), dx, "dx");
    expectSameBits(layer.forward(values.data), y, "y");
    for (const each of held) each.dispose();
  });

  it("works beyond 2 GiB, where pointers have their top bit set: the same bits as below", () => {
    const shape = { batch: 37, inFeatures: 70, outFeatures: 45 };
    const run = (dtype: DType) => {
      const operands = operandsOf(dtype, shape, randomFrom(41));
      const layer = new Affine(70, 45, { dtype, activation: "relu", seed: 3 });
      const [x, out] = [tensor(operands.x.length, dtype), tensor(operands.x.length, dtype)];
      x.data.set(operands.x);
      const y = layer.forward(x.data as never);
      const dx = layer.backward(operands.dy as never, { out: out.data as never }) as FloatArray;
      layer.step(0.1);
      const inside = [dx, layer.dWeight, layer.dBias as FloatArray, layer.weight, layer.bias as FloatArray];
      const copies = [y, ...inside.map((each) => each.slice())];
      const addresses = inside.map((each) => each.byteOffset);
      for (const each of [layer, x, out]) each.dispose();
      const gradients = backward(operands, shape);
      copies.push(forward(operands, shape), gradients.dx, gradients.dWeight, gradients.dBias);
      return { copies, addresses };
    };
    const below = DTYPES.map(run);
    using filler = tensor((2 * GIGABYTE) / 8, "float64");
    const above = DTYPES.map(run);
    expect(filler.length).toBe(2 ** 28);
    eachCase(DTYPES.keys(), (which) => {
      const [{ copies, addresses }, expected] = [above[which], below[which]] as [Run, Run];
      eachCase(addresses, (address) => expect(address).toBeGreaterThanOrEqual(2 * GIGABYTE));
      eachCase(copies.keys(), (i) => {
        expectSameBits(copies[i] as FloatArray, expected.copies[i] as FloatArray, `${DTYPES[which]}, result ${i}`);
      });
    });
  });

  it("is read and written right across the 2 GiB line, and as the kernels' scratch space beyond it", () => {
    const heap = new Heap();
    const kernels = kernelsOver(heap.memory);
    const [m, n, k] = [23, 50, 61];
    const random = randomFrom(42);
    heap.allocate(2 * GIGABYTE - 2 * MEGABYTE);
    const low = heap.allocate(MEGABYTE / 2);
    const line = heap.allocate(2 * MEGABYTE);
    const high = heap.allocate(MEGABYTE);
    const scratch = heap.allocate(kernels.scratchBytes.value);
    expect([line < 2 * GIGABYTE, scratch > 2 * GIGABYTE]).toEqual([true, true]);
    eachCase(DTYPES, (dtype) => {
      const size = elementBytes(dtype);
      const { gemm, columnSums, maskGradient, axpy } = typedKernels(kernels)[dtype];
      const a = arrayOf(dtype, m * k, random);
      const b = arrayOf(dtype, k * n, random);
      const product = (aAt: number, bAt: number, cAt: number, sumAt: number) => {
        heap.view(dtype, aAt, m * k).set(a);
        heap.view(dtype, bAt, k * n).set(b);
        heap.view(dtype, cAt, m * n).fill(Number.NaN);
        gemm(m, n, k, aAt, k * size, size, bAt, n * size, size, 0, 0, cAt, n * size, 0, scratch);
        maskGradient(m * n, cAt, cAt, cAt);
        axpy(m * n, 0.5, cAt, cAt);
        columnSums(m, n, cAt, n * size, 0, sumAt, scratch);
        return [...heap.view(dtype, cAt, m * n), ...heap.view(dtype, sumAt, n)];
      };
      /** Half of each operand lies on either side. */
      const across = (length: number) => 2 * GIGABYTE - Math.floor(length / 2) * size;
      const [lowB, lowC] = [low + 16384, low + 65536];
      const expected = product(low, lowB, lowC, low + 131072);
      eachCase(
        [
          product(across(m * k), high, high + 65536, low),
          product(high, across(k * n), low, high + 65536),
          product(low, high, across(m * n), across(m * n) + m * n * size),
          product(high, high + 65536, high + 131072, across(n)),
        ],
        (actual) => expect(actual).toEqual(expected),
      );
    });
  });
});
