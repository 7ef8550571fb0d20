/** The binary of `wide`, which few engines run: an entry of its own brings it. `binaries.workerd.ts` stands in likewise. */
import { brought } from "../binaries.js";
import { inlined } from "./inlined.js";

brought.wide = inlined;

/** The variant that this import brought. */
export const variant = "wide";
