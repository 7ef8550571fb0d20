/** The helpers: their start, what they are sent, and their end. */
import { BYTES, CLAIM, MAIL } from "./control.js";
import { type Helper, startHelper } from "./hosts.js";
import { makePolicy, type Policy } from "./policy.js";

/** Milliseconds in which helpers start, or count as not coming. Node takes 30 for each, a busy machine many more. */
const START = 950;
/** Between two looks whether they have. */
const LOOK = 5;

export interface Crew {
  readonly words: Int32Array;
  /** What is known of helping, whatever the job. */
  readonly policy: Policy;
  /** Helpers that are there to compute. */
  online: number;
  /** Why they are fewer than wanted, or no more; null if they are not. */
  reason: string | null;
  ended: boolean;
  /** Whether a job is under way; for ever, if this thread has left it: its stack was too full even to wait. */
  busy: boolean;
  /**
   * Starts helpers, and resolves when each is there or known not to come: `reason` then says why some are not, to be told by
   * the caller. Those that start later are welcome, too.
   */
  start(count: number, url: string | URL | undefined): Promise<void>;
  /**
   * Gives every helper a module to run over `memory`, which it keeps. Their scratch spaces, of `bytes` each, lie behind `scratch`
   * + `bytes`, which their calls add to their own. Returns the module's number.
   */
  send(module: WebAssembly.Module, memory: WebAssembly.Memory, scratch: number, bytes: number): number;
  /**
   * Ends all helpers: at once, as far as products go, while the threads themselves need a moment.
   *
   * @param whenGone is called when no helper can write any more; on the web, where nobody tells when a worker has ended, never
   */
  end(reason: string | null, whenGone?: () => void): void;
}

/**
 * Says why there are fewer threads than there were to be; once the call is through that has found out, since `console.warn` may be
 * the caller's own code, and run anything.
 */
export async function warn({ reason, online }: Pick<Crew, "reason" | "online">): Promise<void> {
  await null;
  console.warn(`affine-wasm/threads: ${reason}; computing on ${online ? `${online + 1} threads` : "one thread"}`);
}

export function makeCrew(): Crew {
  const words = new Int32Array(new SharedArrayBuffer(BYTES));
  const helpers: (Helper | null)[] = [];
  /** Those that have said so. */
  const here: boolean[] = [];
  let whenGone: (() => void) | undefined;
  let modules = 0;
  let started: boolean | undefined;

  const crew: Crew = {
    words,
    policy: makePolicy(),
    online: 0,
    reason: null,
    ended: false,
    busy: false,

    async start(count, url) {
      for (let index = 0; index < count; index++) startOne(index, url);
      const until = performance.now() + START;
      while (!crew.ended && performance.now() < until && helpers.some((helper, i) => helper && !here[i])) {
        await new Promise((look) => setTimeout(look, LOOK));
      }
      const missing = count - crew.online;
      if (missing > 0) crew.reason ??= `${missing} of ${count} helper threads did not start within ${START} ms`;
      for (const helper of helpers) helper?.unref?.();
      started = true;
    },

    send(module, memory, scratch, bytes) {
      // Counted first: a helper looks after its mail before it takes a tile of what is published later.
      callToMail();
      helpers.forEach((helper, i) => {
        helper?.postMessage({ module, memory, scratch: scratch + (i + 1) * bytes, words });
      });
      return modules++;
    },

    end(reason, callback) {
      if (crew.ended) return;
      whenGone = callback;
      crew.ended = true;
      crew.reason = reason;
      crew.online = 0;
      // Whoever is between two tiles takes no other.
      Atomics.store(words, CLAIM, 0);
      callToMail();
      for (const helper of helpers) helper?.terminate();
      checkGone();
    },
  };
  return crew;

  function callToMail(): void {
    Atomics.add(words, MAIL, 1);
    Atomics.notify(words, CLAIM);
  }

  function startOne(index: number, url: string | URL | undefined): void {
    const gone = (reason: string) => lose(index, reason);
    try {
      helpers[index] = startHelper(url, gone, () => {
        if (crew.ended || here[index]) return;
        here[index] = true;
        crew.online++;
      });
    } catch (error) {
      gone((error as Error).message);
    }
  }

  function lose(index: number, reason: string): void {
    helpers[index]?.terminate();
    helpers[index] = null;
    if (!crew.ended) {
      crew.reason ??= `a helper thread ${here[index] ? "has ended" : "did not start"}: ${reason}`;
      if (here[index]) {
        crew.online--;
        // Of all that comes to light while helpers start, whoever had them start tells at its end.
        if (started) warn(crew);
      }
      here[index] = false;
    }
    checkGone();
  }

  function checkGone(): void {
    if (crew.ended && helpers.every((helper) => !helper)) whenGone?.();
  }
}
