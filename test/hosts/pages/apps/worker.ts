/** The library's first use, in a worker. */
import { outcomeOf } from "./outcome.ts";
import { workedExample } from "./work.ts";

// No top-level await: Vite makes a classic script of a worker unless configured otherwise.
outcomeOf(workedExample).then((outcome) => self.postMessage(outcome));
