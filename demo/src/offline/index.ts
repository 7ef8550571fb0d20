/** Has the browser keep the page's files, so that it works without a network from then on. */

/** Whether the browser is to be asked. */
export function keepsPage(): boolean {
  // Vite's development server has no such worker, and browsers have none over plain HTTP.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return false;
  // Nobody who saves data is sent 11 MB unasked.
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
  return !connection?.saveData;
}

/** Whether the browser keeps the page, once that is known. */
export async function keepPage(): Promise<boolean> {
  if (!keepsPage()) return false;
  // Not before the page itself is there, which should not wait for the digits.
  if (document.readyState !== "complete")
    await new Promise((loaded) => addEventListener("load", loaded, { once: true }));
  try {
    await navigator.serviceWorker.register("./sw.js");
    await navigator.serviceWorker.ready;
    return true;
  } catch {
    // No storage, or a visitor who forbids it: then the page needs its network, as any other.
    return false;
  }
}
