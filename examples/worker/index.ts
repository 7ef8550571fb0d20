/**
 * A Cloudflare-style worker that reads digits: POST 784 bytes, the pixels of a 28 × 28 image from 0 to 255, and get
 * `{ digit, probabilities }`. Its network is the file that `npm start` saves, bundled as data (a `Data` rule in
 * Wrangler's configuration does that for `*.safetensors`).
 */
import { dense, loadWeights, Sequential } from "affine-wasm/nn";
import file from "./mnist.safetensors";

const PIXELS = 784;
const network = new Sequential(PIXELS, [dense(100, { activation: "relu" }), dense(10)]);
loadWeights(network, new Uint8Array(file));

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method !== "POST") return new Response("POST 784 bytes: a 28 × 28 image\n", { status: 405 });
    const pixels = new Uint8Array(await request.arrayBuffer());
    if (pixels.length !== PIXELS) {
      return new Response(`expected ${PIXELS} bytes, got ${pixels.length}\n`, { status: 400 });
    }
    const scores = network.predict(Float32Array.from(pixels, (value) => value / 255));
    const largest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return Response.json({ digit: scores.indexOf(largest), probabilities: Array.from(powers, (power) => power / sum) });
  },
};
