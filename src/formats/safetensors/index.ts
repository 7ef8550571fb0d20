/** The safetensors codec: depends on nothing, knows no network. */
export * from "./formats.js";
export { parseSafetensors } from "./parse.js";
export { writeSafetensors } from "./write.js";
