/** Minified code in lines of some 240 characters, by its syntax tree. */
import { parseAst } from "rolldown/parseAst";

const WIDTH = 240;

/** What stands in a list, each after a bracket or a separator, before which a line may therefore begin. */
const LISTS = ["body", "consequent", "alternate", "properties", "elements", "arguments", "declarations", "expressions"];

interface Node {
  readonly type: string;
  readonly start: number;
}

/** The same program; a line is longer only where nothing in it may begin another. */
export function inLines(code: string): string {
  const starts = new Set<number>();
  collect(parseAst(code) as unknown as Node, starts);
  const lines: string[] = [];
  let from = 0;
  let last = 0;
  for (const at of [...starts].sort((a, b) => a - b)) {
    if (at - from > WIDTH && last > from) {
      lines.push(code.slice(from, last));
      from = last;
    }
    last = at;
  }
  return [...lines, code.slice(from)].join("\n");
}

function collect(node: Node, starts: Set<number>): void {
  for (const [key, value] of Object.entries(node)) {
    const children = (Array.isArray(value) ? value : [value]).filter(isNode);
    for (const [i, child] of children.entries()) {
      // A newline between `return` and the first of several expressions would end the statement.
      const first = i === 0 && (key === "expressions" || key === "declarations");
      if (Array.isArray(value) && LISTS.includes(key) && !first && node.type !== "TemplateLiteral")
        starts.add(child.start);
      collect(child, starts);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}
