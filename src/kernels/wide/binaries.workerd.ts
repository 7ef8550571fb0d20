/** Where binaries are modules, `../binaries.workerd.ts` has all of them. */

/** The variant, which is there anyway. */
export const variant = "wide";
