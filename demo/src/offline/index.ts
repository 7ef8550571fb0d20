/** Has the browser keep the page's files, so that it works without a network from then on. */
import { byId } from "../dom.ts";

export function startOffline(): void {
  // Vite's development server has no such worker, and browsers have none over plain HTTP.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  // Nobody who saves data is sent 11 MB unasked.
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
  if (connection?.saveData) return;
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
  // Not before the page itself is there, which should not wait for the digits.
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
