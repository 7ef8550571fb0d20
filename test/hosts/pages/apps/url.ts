/** The app that lets its bundler serve a binary as a file. */
/// <reference types="vite/client" />
import { backend, init } from "affine-wasm";
import wasmUrl from "affine-wasm/wasm/simd.wasm?url";
import { outcomeOf } from "./outcome.ts";
import { workedExample } from "./work.ts";

window.outcome = await outcomeOf(async () => {
  await init(wasmUrl);
  return { backend: backend(), ...workedExample() };
});
