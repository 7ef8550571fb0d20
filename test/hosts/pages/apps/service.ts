/** A service worker that does the work when it is asked to. */
import { work } from "../../apps/work.ts";
import { outcomeOf } from "./outcome.ts";

self.onmessage = async ({ ports }: MessageEvent) => ports[0]?.postMessage(await outcomeOf(work));
