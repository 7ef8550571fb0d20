/**
 * What coordinator and workers say to each other. Jobs and results are small JSON; tensors lie beside them, see `blobs.ts`.
 *
 *     coordinator                          Redis                                worker
 *     weights of a round   ──────────▶  {prefix}:weights:round    ──────────▶  network
 *     a job for each shard ──────────▶  BullMQ's queue            ──────────▶  gradient, or new weights
 *     update               ◀──────────  {prefix}:results (list)   ◀──────────  result
 *                          ◀──────────  {prefix}:result:…         ◀──────────  its tensors
 *
 * Whatever a job or a result says is a claim of somebody else: it is checked here, field by field, and nothing of it is run.
 */
import type { Arithmetic } from "./arithmetic.js";
import type { BlobRef } from "./blobs.js";
import type { ModeDescription } from "./modes.js";

export const PROTOCOL = 1;

/** What all keys of all runs begin with. */
export const PREFIX = "affine-wasm:";

/** The longest that a worker lets its tensors lie, in milliseconds: a day. */
const MOST_TTL = 86_400_000;

/** A ready loss as plain data; null for the one that the worker was given. */
export type LossDescription = { readonly name: string; readonly delta?: number } | null;

/** One shard of one round. */
export interface Job {
  readonly protocol: typeof PROTOCOL;
  /** In front of all keys of the run. */
  readonly prefix: string;
  readonly round: number;
  readonly shard: number;
  readonly shards: number;
  /** Counts how often it was published, from 0. */
  readonly attempt: number;
  readonly seed: number;
  /** The seed of the network's masks of dropout. */
  readonly maskSeed: number;
  readonly mode: ModeDescription;
  readonly loss: LossDescription;
  readonly classWeights: readonly number[] | null;
  readonly weights: BlobRef;
  /** Whose bits are wanted; null as long as no worker has answered. */
  readonly arithmetic: Arithmetic | null;
  /** How long the tensors of its result live, in milliseconds. */
  readonly ttl: number;
}

/** What a worker answers: where the tensors are, or what went wrong. */
export type Result = {
  readonly round: number;
  readonly shard: number;
  readonly attempt: number;
  /** Host and process. */
  readonly worker: string;
  readonly variant: string;
  readonly arithmetic: Arithmetic;
} & (
  | {
      readonly tensors: BlobRef;
      /** The mean loss of the shard, and what it is the mean over: rows, or the sum of their class weights. */
      readonly loss: number;
      readonly weight: number;
    }
  | { readonly error: string }
);

export const resultsKey = (prefix: string) => `${prefix}:results`;
/** There as long as the coordinator is: jobs of a run without it are passed over. */
export const aliveKey = (prefix: string) => `${prefix}:alive`;
export const weightsKey = (prefix: string, round: number) => `${prefix}:weights:${round}`;
export const tensorsKey = ({ prefix, round, shard, attempt }: Job) => `${prefix}:result:${round}:${shard}:${attempt}`;
/** BullMQ drops a used one without a word, so it holds the attempt; it allows no colon. */
export const jobId = ({ prefix, round, shard, attempt }: Job) =>
  [prefix.replaceAll(":", "-"), `r${round}`, `s${shard}`, `a${attempt}`].join("-");

/** Thrown for a job or a result that is none. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** @throws ProtocolError naming the first field that is wrong */
export function readJob(data: unknown): Job {
  const job = record("job", data);
  if (job.protocol !== PROTOCOL) {
    throw new ProtocolError(
      `job: protocol ${shown(job.protocol)}, expected ${PROTOCOL}: coordinator and workers must use the same version`,
    );
  }
  text("job.prefix", job.prefix, 200);
  // A worker writes under it: never over what others keep in the same Redis.
  if (!String(job.prefix).startsWith(PREFIX)) {
    throw new ProtocolError(`job: prefix ${shown(job.prefix)}, expected one that begins with ${PREFIX}`);
  }
  for (const field of ["round", "attempt", "seed", "maskSeed", "ttl"]) whole(`job.${field}`, job[field]);
  if ((job.ttl as number) > MOST_TTL) throw new ProtocolError(`job: ttl ${job.ttl}, expected at most ${MOST_TTL}`);
  const shards = whole("job.shards", job.shards);
  if (whole("job.shard", job.shard) >= shards) throw new ProtocolError(`job: shard ${job.shard} of ${shards}`);
  readRef("job.weights", job.weights);
  if (job.arithmetic !== null) arithmetic("job.arithmetic", job.arithmetic);
  const { classWeights } = job;
  if (classWeights !== null && !(Array.isArray(classWeights) && classWeights.every(Number.isFinite))) {
    throw new ProtocolError(`job: classWeights must be null or numbers, got ${shown(classWeights)}`);
  }
  if (job.loss !== null) text("job.loss.name", record("job.loss", job.loss).name, 40);
  const mode = record("job.mode", job.mode);
  whole("job.mode.batchSize", mode.batchSize);
  if (mode.kind === "averaging") {
    whole("job.mode.steps", mode.steps);
    record("job.mode.optimizer", mode.optimizer);
  } else if (mode.kind !== "synchronous") throw new ProtocolError(`job: mode.kind is ${shown(mode.kind)}`);
  return job as unknown as Job;
}

/** @throws ProtocolError naming the first field that is wrong */
export function readResult(json: string): Result {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw new ProtocolError(`result: no JSON: ${shown(json)}`);
  }
  const result = record("result", parsed);
  for (const field of ["round", "shard", "attempt"]) whole(`result.${field}`, result[field]);
  text("result.worker", result.worker, 300);
  text("result.variant", result.variant, 40);
  arithmetic("result.arithmetic", result.arithmetic);
  if (result.error !== undefined) {
    text("result.error", result.error, 10_000);
    return result as unknown as Result;
  }
  readRef("result.tensors", result.tensors);
  for (const field of ["loss", "weight"]) {
    if (!Number.isFinite(result[field])) throw new ProtocolError(`result: ${field} is ${shown(result[field])}`);
  }
  return result as unknown as Result;
}

function readRef(name: string, value: unknown): void {
  const ref = record(name, value);
  text(`${name}.key`, ref.key, 300);
  whole(`${name}.bytes`, ref.bytes);
  if (!/^[0-9a-f]{64}$/.test(String(ref.sha256))) throw new ProtocolError(`${name}: sha256 is ${shown(ref.sha256)}`);
}

function record(name: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolError(`${name} must be an object, got ${shown(value)}`);
  }
  return value as Record<string, unknown>;
}

function whole(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new ProtocolError(`${name} must be a whole number, got ${shown(value)}`);
  }
  return value as number;
}

function text(name: string, value: unknown, most: number): void {
  if (typeof value !== "string" || value.length > most) {
    throw new ProtocolError(`${name} must be a text of at most ${most} characters, got ${shown(value)}`);
  }
}

function arithmetic(name: string, value: unknown): void {
  if (value !== "fused" && value !== "unfused") throw new ProtocolError(`${name} is ${shown(value)}`);
}

/** A stranger's value, in so many characters as a message bears. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100);
}
