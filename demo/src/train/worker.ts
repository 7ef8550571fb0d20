/** Trains away from the page's own thread. */
import { startThreads } from "../threads/start.ts";
import { type Digits, loadDigits } from "./digits.ts";
import type { Reply, Request } from "./messages.ts";
import { Session } from "./session.ts";
import type { Settings } from "./settings.ts";

/** Epochs of a run; started again after its end, it goes on for as many more. */
const EPOCHS = 20;
/** Milliseconds between two looks at the weights. */
const WEIGHTS_EVERY = 100;

let digits: { train: Digits; test: Digits } | null = null;
let session: Session | null = null;
/** Set while training should go on. */
let wanted: Settings | null = null;
let busy = false;
let end = EPOCHS;

const say = (reply: Reply) => postMessage(reply);

/** A reset came in the middle of a slice. From then on nothing is said of the old network. */
let forgetting = false;

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  wanted = data.kind === "run" ? data.settings : null;
  if (data.kind === "run") {
    if (session && session.epochs >= end) end += EPOCHS;
    if (!forgetting) session?.tune(data.settings);
    if (!busy) work();
  } else if (data.kind === "reset") {
    if (busy) forgetting = true;
    else forget();
    say({ kind: "forgotten" });
  }
});

function forget(): void {
  session?.dispose();
  session = null;
  end = EPOCHS;
  forgetting = false;
}

async function work(): Promise<void> {
  busy = true;
  try {
    if (wanted) await startThreads(wanted.threads);
    digits ??= await loadDigits((part) => say({ kind: "loading", part }));
    while (wanted) await slice(digits, wanted);
  } catch (error) {
    if (!forgetting) {
      wanted = null;
      say({ kind: "error", text: error instanceof Error ? error.message : String(error) });
    }
    forget();
  }
  if (forgetting) forget();
  busy = false;
  // A reset and a new start may have come in while an error was on its way.
  if (wanted) work();
}

let shown = 0;

async function slice(digits: { train: Digits; test: Digits }, settings: Settings): Promise<void> {
  if (!session) {
    session = new Session(digits, settings);
    showWeights(session);
  }
  const progress = await session.next();
  if (forgetting) return forget();
  const ends = progress.epochs >= end;
  if (ends) wanted = null;
  say({ kind: "progress", progress });
  if (!wanted || progress.test !== undefined || performance.now() - shown > WEIGHTS_EVERY) {
    shown = performance.now();
    showWeights(session);
  }
  if (ends) say({ kind: "done" });
}

function showWeights(of: Session): void {
  const weights = of.weights();
  const buffers = weights.layers.flatMap(({ weight, bias }) => [weight.buffer, bias.buffer]);
  postMessage({ kind: "weights", weights } satisfies Reply, { transfer: buffers });
}
