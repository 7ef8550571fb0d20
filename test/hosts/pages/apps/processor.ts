/** An AudioWorklet: the library inside the audio thread, which has neither TextEncoder nor performance nor timers. */
import { work } from "../../apps/work.ts";
import { outcomeOf } from "./outcome.ts";

/** What TypeScript's DOM library lacks of this scope. */
declare const registerProcessor: (name: string, processor: unknown) => void;
declare const AudioWorkletProcessor: new () => { readonly port: MessagePort };

class Processor extends AudioWorkletProcessor {
  constructor() {
    super();
    outcomeOf(work).then((outcome) => this.port.postMessage(outcome));
  }

  process(): boolean {
    return true;
  }
}

registerProcessor("processor", Processor);
