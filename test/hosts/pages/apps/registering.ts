/** The page that registers the service worker, and asks it. */
import type { Outcome } from "./outcome.ts";

await navigator.serviceWorker.register("./service.js");
const { active } = await navigator.serviceWorker.ready;
const { port1, port2 } = new MessageChannel();
port1.onmessage = ({ data }: MessageEvent<Outcome>) => {
  window.outcome = data;
};
active?.postMessage(null, [port2]);
