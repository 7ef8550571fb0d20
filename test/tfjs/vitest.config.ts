/** TensorFlow.js with the built package: `npm ci --prefix test/tfjs && npm run test:tfjs`. Not part of `npm test`. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "tfjs",
    root: fileURLToPath(new URL(".", import.meta.url)),
    include: ["*.test.ts"],
    globalSetup: ["./install.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
