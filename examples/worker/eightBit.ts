/**
 * The worker of index.ts with a network in eight bits: a quarter of the weights to load when an isolate starts, and the same
 * probabilities on every machine. Its file is what `saveQuantized(quantize(network))` writes, bundled as data.
 */
import { softmax } from "affine-wasm/nn";
import { loadQuantized } from "affine-wasm/quantized";
import file from "./mnist-8-bit.safetensors";

const PIXELS = 784;
const network = loadQuantized(new Uint8Array(file));

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method !== "POST") return new Response("POST 784 bytes: a 28 × 28 image\n", { status: 405 });
    const pixels = new Uint8Array(await request.arrayBuffer());
    if (pixels.length !== PIXELS) {
      return new Response(`expected ${PIXELS} bytes, got ${pixels.length}\n`, { status: 400 });
    }
    const scores = network.predict(Float32Array.from(pixels, (value) => value / 255));
    const digit = scores.indexOf(Math.max(...scores));
    return Response.json({ digit, probabilities: Array.from(softmax(scores, network.outFeatures)) });
  },
};
