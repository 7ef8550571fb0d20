/** Workers of the page. */

/**
 * Starts a module worker that the page's own policy binds. A worker's policy comes with its script's headers, which a
 * static host may not set: the service worker does, once there is one; before, a worker that starts from a blob inherits the
 * page's. (From a blob, Firefox would not ask the service worker for what it imports.)
 */
export function openWorker(url: string): Worker {
  if (navigator.serviceWorker?.controller) return new Worker(url, { type: "module" });
  const script = new Blob([`import ${JSON.stringify(new URL(url, document.baseURI).href)};`], {
    type: "text/javascript",
  });
  const address = URL.createObjectURL(script);
  const worker = new Worker(address, { type: "module" });
  // Once it has said something, or failed, its script is loaded.
  const forget = () => URL.revokeObjectURL(address);
  worker.addEventListener("message", forget, { once: true });
  worker.addEventListener("error", forget, { once: true });
  return worker;
}
