/** The one backend that the API uses, and its start. */
import { checkChoice, checkObject } from "../common/check.js";
import { VARIANTS, type Variant } from "../kernels/abi.js";
import { isBinary } from "../kernels/instantiate.js";
import type { Binary } from "../kernels/webassembly.js";
import { checkWebAssembly } from "../kernels/webassembly.js";
import type { Backend } from "./backend.js";
import { createBackend } from "./create.js";
import { checkSource, fetchBinary, type Source } from "./source.js";

export interface InitOptions {
  /** The build to use; default: the fastest that this engine validates. */
  variant?: Variant | undefined;
}

let current: Backend | undefined;

/** Whether a backend runs. */
export function hasStarted(): boolean {
  return current !== undefined;
}

/** The running backend; the first call instantiates the default one from the inlined bytes. */
export function backendInUse(): Backend {
  current ??= createBackend("initSync", undefined);
  return current;
}

/** The name of the variant in use: "relaxed", "simd", "scalar" or "wide". Instantiates the default one if none runs yet. */
export function backend(): Variant {
  return backendInUse().variant;
}

/**
 * Instantiates the kernels now instead of at the first use. Optional and idempotent: once they run, `source` is unused.
 *
 * @param source the bytes of a variant or its compiled module; default: the bytes inlined in the package
 * @throws TypeError for a source of another kind, RangeError for an unknown variant or one that this engine cannot run,
 *   Error if another variant runs already
 */
export function initSync(source?: Binary, options: InitOptions = {}): void {
  const variant = readVariant("initSync", options);
  checkWebAssembly("initSync");
  if (source !== undefined && !isBinary(source)) {
    throw new TypeError(
      "initSync: source must be bytes or a WebAssembly.Module; a Response, URL or promise needs init()",
    );
  }
  current ??= createBackend("initSync", variant, source);
  checkSame("initSync", current, variant);
}

/**
 * Like `initSync`, for sources that arrive later.
 *
 * @param source bytes, a compiled module, a `Response`, a URL to fetch, or a promise of one
 * @throws as `initSync`, and Error if a URL cannot be read or a response is not a WebAssembly binary; a failed call can be
 *   tried again
 */
export async function init(source?: Source | PromiseLike<Source>, options: InitOptions = {}): Promise<void> {
  // The promise first, whatever comes then: one that rejects must not go unheard.
  const given = await source;
  const variant = readVariant("init", options);
  checkWebAssembly("init");
  checkSource(given);
  if (!current) {
    const { binary, name } = given === undefined ? { binary: undefined, name: undefined } : await fetchBinary(given);
    // Another caller may have been first by now: a synchronous use, or another `init`.
    current ??= createBackend("init", variant, binary, name);
  }
  checkSame("init", current, variant);
}

function readVariant(caller: string, options: InitOptions): Variant | undefined {
  checkObject(caller, "options", options);
  const { variant } = options;
  if (variant !== undefined) checkChoice(caller, "variant", variant, VARIANTS);
  return variant;
}

function checkSame(caller: string, running: Backend, asked: Variant | undefined): void {
  if (asked !== undefined && asked !== running.variant && asked !== running.insteadOf) {
    throw new Error(`${caller}: "${running.variant}" is running already; ask for "${asked}" before the first use`);
  }
}
