/** Which numbers of the layer belong together: what a number is computed from, or what is computed from it. */
import type { Name } from "./example.ts";

/** Part of a matrix: a row, a column, one element, or (neither given) all of it. */
export interface Part {
  readonly of: Name;
  readonly row?: number;
  readonly column?: number;
}

/** What element (row, column) is computed from, or, for an operand, what depends on it. */
export function relatedTo(of: Name, row: number, column: number): Part[] {
  switch (of) {
    case "y":
      return [
        { of: "x", row },
        { of: "weight", column },
        { of: "bias", column },
      ];
    case "dx":
      return [
        { of: "dy", row },
        { of: "weight", row: column },
      ];
    case "dWeight":
      return [
        { of: "x", column: row },
        { of: "dy", column },
      ];
    case "dBias":
      return [{ of: "dy", column }];
    case "x":
      return [
        { of: "y", row },
        { of: "dWeight", row: column },
      ];
    case "weight":
      return [
        { of: "y", column },
        { of: "dx", column: row },
      ];
    case "bias":
      return [{ of: "y", column }];
    case "dy":
      return [
        { of: "dx", row },
        { of: "dWeight", column },
        { of: "dBias", column },
      ];
  }
}
