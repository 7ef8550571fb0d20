/** The safetensors codec: knows no network and no kernel. */
export * from "./formats.js";
export { parseSafetensors, type SafetensorsOptions } from "./parse.js";
export { writeSafetensors } from "./write.js";
