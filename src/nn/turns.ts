/** Letting the event loop have a turn: for a page's frames and clicks, a server's requests. */
import { now } from "../common/clock.js";

/** How long training may hold the thread, in milliseconds: half a frame. */
const TURN = 8;

type Next = () => void;

interface Platform {
  readonly setImmediate?: (next: Next) => unknown;
  readonly MessageChannel?: typeof MessageChannel;
  readonly setTimeout?: (next: Next) => unknown;
  readonly scheduler?: { readonly wait?: (milliseconds: number) => Promise<void> };
}

/** Says when a turn is over, and waits for the next. */
export class Turns {
  #end = now() + TURN;

  get over(): boolean {
    return now() >= this.#end;
  }

  async next(): Promise<void> {
    await pause();
    this.#end = now() + TURN;
  }
}

/**
 * Whatever waits in the event loop runs first. No plain `setTimeout`: nested, browsers stretch it to 4 ms. No
 * `scheduler.yield` either: what it continues goes before all other tasks, so that in a worker of Chromium no message would
 * ever come in. In workerd a message to oneself goes before all timers; only there is `scheduler.wait`.
 */
function pause(): Promise<void> {
  const { setImmediate, MessageChannel, setTimeout, scheduler } = globalThis as Platform;
  const ways = [
    setImmediate,
    scheduler?.wait && ((next: Next) => scheduler.wait?.(0).then(next)),
    MessageChannel && ((next: Next) => messageToOneself(MessageChannel, next)),
    setTimeout,
    // A bare realm has no event loop to let in.
    (next: Next) => next(),
  ];
  return new Promise((resolve) => {
    for (const way of ways) {
      try {
        if (way) return void way(resolve);
      } catch {
        // There, but not to be used: setImmediate in the edge runtime of Next.js.
      }
    }
  });
}

function messageToOneself(Channel: typeof MessageChannel, next: Next): void {
  const { port1, port2 } = new Channel();
  port1.onmessage = () => {
    port1.close();
    next();
  };
  port2.postMessage(null);
}
