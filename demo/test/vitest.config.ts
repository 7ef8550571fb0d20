/** The built page in real browsers: `npm run test:demo`. Not part of `npm test`. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import page from "../vite.config.ts";

export default defineConfig({
  // The package under its name, for the page's sources that are tested in Node.
  resolve: page.resolve ?? {},
  test: {
    name: "demo",
    root: fileURLToPath(new URL(".", import.meta.url)),
    include: ["*.test.ts"],
    // One browser at a time.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
