/** `affine-wasm/threads`: all cores under the same synchronous API. */
export {
  enableThreads,
  stopThreads,
  type ThreadsOptions,
  type ThreadsStatus,
  threads,
} from "../engine/threads/enable.js";
