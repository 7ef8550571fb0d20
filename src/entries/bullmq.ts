/** `affine-wasm/bullmq`, on Node: training on many machines. Needs the packages bullmq and ioredis beside this one. */
export { fitOnQueue, roundsOnQueue } from "../cluster/coordinator.js";
export type { OwnLoss } from "../cluster/loss.js";
export {
  type AveragingOptions,
  averaging,
  type Mode,
  type OptimizerDescription,
  type SynchronousOptions,
  synchronous,
} from "../cluster/modes.js";
export type { QueueRunOptions, RoundMetrics } from "../cluster/runOptions.js";
export { type ServeOptions, serveTraining, type TrainingWorker } from "../cluster/worker.js";
