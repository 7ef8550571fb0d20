/** Letting the event loop have a turn: for a page's frames and clicks, a server's requests. */

/** How long training may hold the thread, in milliseconds: half a frame. */
const TURN = 8;

interface Platform {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: typeof MessageChannel;
  readonly scheduler?: { readonly wait?: (milliseconds: number) => Promise<void> };
}

/** Says when a turn is over, and waits for the next. */
export class Turns {
  #end = performance.now() + TURN;

  get over(): boolean {
    return performance.now() >= this.#end;
  }

  async next(): Promise<void> {
    await pause();
    this.#end = performance.now() + TURN;
  }
}

/**
 * Whatever waits in the event loop runs first. No plain `setTimeout`: nested, browsers stretch it to 4 ms. No
 * `scheduler.yield` either: what it continues goes before all other tasks, so that in a worker of Chromium no message would
 * ever come in. In workerd a message to oneself goes before all timers; only there is `scheduler.wait`.
 */
function pause(): Promise<void> {
  const { setImmediate, MessageChannel, scheduler } = globalThis as Platform;
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
    } else setTimeout(resolve);
  });
}
