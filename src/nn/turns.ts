/** Letting the event loop have a turn: for a page's frames and clicks, a server's requests. */
import { now } from "../common/clock.js";

/** How long training may hold the thread, in milliseconds: half a frame. */
const TURN = 8;

interface Platform {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: typeof MessageChannel;
  readonly setTimeout?: (callback: () => void) => unknown;
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
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else if (scheduler?.wait) scheduler.wait(0).then(resolve);
    else if (MessageChannel) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    } else if (setTimeout) setTimeout(resolve);
    else resolve(); // A bare realm has no event loop to let in.
  });
}
