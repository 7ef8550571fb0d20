/** Workers of the page. */

/**
 * Starts a module worker that the page's own policy binds. A worker's policy comes with its script's headers, which a
 * static host may not set; but one that starts from a blob inherits that of the page.
 */
export function openWorker(url: string): Worker {
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
