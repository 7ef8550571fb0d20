/** What `work` comes to: the layer by hand, the network by the table of exclusive or. */
export const worked = {
  variant: "string",
  y: [1, 3, 4, 6],
  dx: [3, 2, 6, 4, 9, 6, 12, 8],
  dWeight: [7, 6],
  dBias: [10],
  answers: [0, 1, 1, 0],
  same: true,
};
