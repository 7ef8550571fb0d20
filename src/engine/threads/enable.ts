/** `affine-wasm/threads`: switching threads on and off, and telling how it went. */

import { checkCount, checkFields, kindOf } from "../../common/check.js";
import { type Reserved, reserveMemory } from "../../kernels/reserve.js";
import { isModule } from "../../kernels/webassembly.js";
import { type Threads, useThreads } from "../parallel.js";
import { hasStarted } from "../start.js";
import { MAX_TILES } from "./control.js";
import { type Crew, makeCrew, warn } from "./crew.js";
import { cores, inWorker, obstacle } from "./hosts.js";
import { makeJobs } from "./jobs.js";
import { shareProducts } from "./products.js";

export interface ThreadsOptions {
  /**
   * How many threads compute, this one among them: 1 to 64. Default: the number of cores, at most 4; in a worker 1, as there
   * may be many of them.
   */
  threads?: number | undefined;
  /** The URL of `dist/threads-worker.js`, where a Content-Security-Policy does not allow workers from blobs. */
  workerUrl?: string | URL | undefined;
}

export interface ThreadsStatus {
  /** The threads that were asked for. */
  readonly wanted: number;
  /** Those that compute, the caller's among them. */
  readonly online: number;
  /** Why they are fewer, in one sentence; null if they are not. */
  readonly reason: string | null;
}

const DEFAULT_MOST = 4;

let wanted = 1;
let crew: Crew | null = null;
let reason: string | null = null;

/**
 * Lets products be computed by several threads: the same calls, as synchronous as before, and the same bits.
 *
 * It comes before the first use of the library, and before `enableWide()` or `initSync()`: the memory of the kernels will
 * be one that threads share. Where that cannot be had, the library runs on one thread and says so in a warning.
 *
 * @returns what `threads()` says once the helpers are there, or known not to come: after a second at most
 * @throws TypeError, RangeError for bad options, Error if the library is in use already or threads are enabled
 */
export async function enableThreads(options: ThreadsOptions = {}): Promise<ThreadsStatus> {
  checkFields("enableThreads", "options", options, ["threads", "workerUrl"]);
  const { threads: given, workerUrl } = options;
  const asked = given ?? (inWorker() ? 1 : Math.min(DEFAULT_MOST, cores()));
  checkCount("enableThreads", "threads", asked, MAX_TILES);
  if (workerUrl !== undefined && typeof workerUrl !== "string" && !(workerUrl instanceof URL)) {
    throw new TypeError(`enableThreads: workerUrl must be a string or a URL, got ${kindOf(workerUrl)}`);
  }
  if (hasStarted()) throw new Error("enableThreads: threads come before the first use of the library");
  if (crew) throw new Error("enableThreads: threads are enabled already");
  wanted = asked;
  reason = null;
  if (asked > 1 || (given === undefined && obstacle())) await begin(asked, workerUrl);
  return threads();
}

/** How many threads were asked for, how many compute, and why they are fewer. */
export function threads(): ThreadsStatus {
  return { wanted, online: 1 + (crew?.online ?? 0), reason: crew?.reason ?? reason };
}

/**
 * Ends the helpers. From its return on this thread computes alone, in the memory that it has; before the first use,
 * threads can be enabled again.
 */
export function stopThreads(): void {
  if (crew) giveUp(crew, "stopThreads() was called");
}

async function begin(count: number, workerUrl: string | URL | undefined): Promise<void> {
  let memory: Reserved | undefined;
  reason = obstacle();
  try {
    if (reason === null) memory = reserveMemory("enableThreads", true);
  } catch (error) {
    reason = (error as Error).message;
  }
  if (!memory) return warn({ reason, online: 0 });
  const starting = makeCrew();
  crew = starting;
  useThreads(sharing(starting, memory));
  await starting.start(count - 1, workerUrl);
  const { ended, online, reason: why } = starting;
  if (ended || why === null) return;
  if (!online) giveUp(starting, why);
  warn(starting);
}

/** What has not started yet starts without threads, on memory of its own. */
function giveUp(giving: Crew, why: string): void {
  giving.end(why);
  ({ reason } = giving);
  useThreads(null);
  crew = null;
}

function sharing(crew: Crew, first: Reserved): Threads {
  let next: Reserved | null = first;
  const jobs: Threads["jobs"] = (module, memory, own, scratch, bytes) =>
    makeJobs(crew, crew.send(module, memory, scratch, bytes), own);
  return {
    jobs,
    memoryFor(binary) {
      if (isModule(binary)) {
        giveUp(crew, "threads need the bytes of a binary, not a compiled module");
        warn(crew);
        return undefined;
      }
      const memory = next ?? reserveMemory("enableThreads", true);
      next = null;
      return memory;
    },
    share(kernels, module, memory, owner) {
      const bytes = kernels.scratchBytes.value;
      // Calls say where their scratch space is; that of a helper lies so far behind it.
      const products = shareProducts(
        jobs(module, memory, [kernels.gemmF32, kernels.gemmF64], 0, bytes),
        kernels,
        owner,
      );
      return { ...kernels, ...products, scratchBytes: new WebAssembly.Global({ value: "i32" }, wanted * bytes) };
    },
  };
}
