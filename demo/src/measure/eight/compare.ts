/** One network in float32 and in eight bits: bytes, times, and what they read. */
import { argmax, type Sequential, saveModel } from "affine-wasm/nn";
import { type QuantizedNetwork, quantize, saveQuantized } from "affine-wasm/quantized";
import { type Digits, PIXELS } from "../../train/digits.ts";
import { BATCH, type Comparison } from "./figures.ts";

/** @param time the seconds that each of some runs takes */
export function compare(net: Sequential, test: Digits, time: (runs: (() => void)[]) => number[]): Comparison {
  const small = quantize(net);
  const [floats, eights] = [readingsOf(net, test), readingsOf(small, test)];
  const x = slice(test, 0, Math.min(BATCH, test.count));
  const one = x.subarray(0, PIXELS);
  const y = new Float32Array((x.length / PIXELS) * net.outFeatures);
  const [floatOne, eightOne, floatBatch, eightBatch] = time([
    () => void net.predict(one, y.subarray(0, net.outFeatures)),
    () => void small.predict(one, y.subarray(0, net.outFeatures)),
    () => void net.predict(x, y),
    () => void small.predict(x, y),
  ]) as [number, number, number, number];
  const part = (holds: (i: number) => boolean) => floats.filter((_, i) => holds(i)).length / test.count;
  const comparison = {
    digits: test.count,
    float32: {
      bytes: saveModel(net).length,
      one: floatOne,
      batch: floatBatch,
      right: part((i) => floats[i] === test.labels[i]),
    },
    eightBits: {
      bytes: saveQuantized(small).length,
      one: eightOne,
      batch: eightBatch,
      right: part((i) => eights[i] === test.labels[i]),
    },
    same: part((i) => floats[i] === eights[i]),
  };
  small.dispose();
  return comparison;
}

/** What a network takes each of the digits for. */
function readingsOf(net: Sequential | QuantizedNetwork, digits: Digits): number[] {
  const readings: number[] = [];
  for (let from = 0; from < digits.count; from += BATCH) {
    const x = slice(digits, from, Math.min(BATCH, digits.count - from));
    readings.push(...argmax(net.predict(x), net.outFeatures));
  }
  return readings;
}

/** Some of the digits, with inks from 0 to 1. */
function slice({ images }: Digits, from: number, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(images.subarray(from * PIXELS, (from + count) * PIXELS), (value) => value / 255);
}
