/** In a worker of the page: threads for what it computes. */

let module: typeof import("affine-wasm/threads") | null = null;
let started: Promise<void> | null = null;

/**
 * Has products computed by so many threads. It comes before the worker's first use of the library; the first call that works
 * decides.
 */
export function startThreads(count: number): Promise<void> {
  started ??= start(count).catch((error) => {
    started = null;
    throw error;
  });
  return started;
}

async function start(count: number): Promise<void> {
  if (count === 1) return;
  module = await import("affine-wasm/threads");
  await module.enableThreads({ threads: count });
}

/** How many threads compute now: fewer than were started if one has failed. */
export function threadsOnline(): number {
  return module?.threads().online ?? 1;
}
