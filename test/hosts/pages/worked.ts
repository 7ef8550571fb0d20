/** What `workedExample` of `apps/work.ts` comes to, by hand. */
export const worked = { y: [1, 3, 4, 6], dx: [3, 2, 6, 4, 9, 6, 12, 8], dWeight: [7, 6], dBias: [10] };
