/**
 * What a helper runs: it takes tiles of products until it is ended. Built into a script of its own, which
 * `helperScript.ts` holds as text and `dist/threads-worker.js` as a file: so nothing here may need a module at run time.
 */
import type { Gemm } from "../../kernels/abi.js";
import { AWAKE, CLAIM, DONE, LEFT, MAIL, type Message } from "./control.js";
import { computeTile } from "./tiles.js";

/**
 * Milliseconds that a helper stays awake for the next product: it then answers in 0.1 to 0.5 µs, asleep in 25 to 70. Long
 * enough for what lies between two products of a training step; a core that is busy for so long after the last one is
 * not missed.
 */
const AWAKE_FOR = 0.5;
/** The other side of the thread: a port of Node's, or the scope of a worker on the web. */
interface Port {
  postMessage(message: unknown): void;
  on?(event: "message", listener: (message: Message) => void): void;
  onmessage?: unknown;
}

const port = (globalThis.process?.getBuiltinModule?.("node:worker_threads").parentPort ?? globalThis) as Port;
const gemms: Gemm[] = [];
/** Of this thread's scratch space for each, behind that of a call. */
const offsets: number[] = [];
let words: Int32Array;
let calls: Float64Array;

function receive(sent: Message): void {
  words = sent.words;
  calls = new Float64Array(words.buffer);
  const { gemmF32, gemmF64, tileF32, tileF64 } = new WebAssembly.Instance(sent.module, { env: { memory: sent.memory } })
    .exports as unknown as Record<string, Gemm>;
  gemms.push((gemmF32 ?? tileF32) as Gemm, (gemmF64 ?? tileF64) as Gemm);
  offsets.push(sent.scratch, sent.scratch);
  work();
}

/** Takes tiles until there is a message, for which this thread has to return to its event loop. */
function work(): void {
  let idleSince = performance.now();
  Atomics.add(words, AWAKE, 1);
  for (;;) {
    const claim = Atomics.load(words, CLAIM);
    // After CLAIM: a job of a module that is still in the mail is published after the message was counted.
    if (2 * Atomics.load(words, MAIL) !== gemms.length) break;
    if (claim & LEFT) {
      if (Atomics.compareExchange(words, CLAIM, claim, claim - 1) === claim) {
        const tile = (claim & LEFT) - 1;
        computeTile(calls, tile, gemms, offsets);
        Atomics.store(words, DONE + tile, 1);
        Atomics.notify(words, DONE + tile);
        idleSince = performance.now();
      }
    } else if (performance.now() - idleSince > AWAKE_FOR) {
      Atomics.sub(words, AWAKE, 1);
      Atomics.wait(words, CLAIM, claim);
      Atomics.add(words, AWAKE, 1);
      idleSince = performance.now();
    }
  }
  Atomics.sub(words, AWAKE, 1);
}

if (port.on) port.on("message", receive);
else port.onmessage = ({ data }: { data: Message }) => receive(data);
// Whatever it says: it is there.
port.postMessage(0);
