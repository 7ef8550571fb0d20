/** Has the browser keep the page's files, so that it works without a network from then on. */
import { byId } from "../dom.ts";

export function startOffline(): void {
  // Vite's development server has no such worker, and browsers have none over plain HTTP.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const container = navigator.serviceWorker;
  const register = async () => {
    try {
      await container.register("./sw.js");
      await container.ready;
      byId("offline", HTMLElement).hidden = false;
    } catch {
      // No storage, or a visitor who forbids it: then the page needs its network, as any other.
    }
  };
  // Not before the page itself is there: the digits are 11 MB.
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
