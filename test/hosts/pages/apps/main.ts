/** The plain app: nothing is configured, the first use starts the library. `?bits=scalar` asks for bits instead. */
import type { Variant } from "affine-wasm";
import { outcomeOf } from "./outcome.ts";
import { bitsOf, workedExample } from "./work.ts";

const variant = new URLSearchParams(location.search).get("bits") as Variant | null;
window.outcome = await outcomeOf(() => (variant ? bitsOf(variant) : workedExample()));
