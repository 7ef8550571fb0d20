/**
 * Shared chunks export what they share under the names that it has inside: `export{a,b}` is shorter than the bundler's
 * `export{a as t,b as n}`.
 */
import { parseAst } from "rolldown/parseAst";

/** A file as the bundler hands it out; only chunks have `code`. */
interface Output {
  code?: string;
  readonly isEntry?: boolean;
  readonly isDynamicEntry?: boolean;
}

interface Name {
  readonly name: string;
}

interface Specifier {
  readonly type: string;
  readonly local: Name;
  readonly imported?: Name;
  readonly exported?: Name;
}

interface Statement {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly source?: { readonly value: string } | null;
  readonly declaration?: unknown;
  readonly specifiers?: readonly Specifier[];
}

/**
 * Renames the exports of all chunks that are no entry, and what imports them.
 * @throws Error for a file that takes all names of such a chunk
 */
export function nameExportsAsInside(bundle: Readonly<Record<string, Output>>): void {
  const inside = new Map<string, Map<string, string>>();
  for (const [file, { code, isEntry, isDynamicEntry }] of Object.entries(bundle)) {
    if (code !== undefined && !isEntry && !isDynamicEntry) inside.set(`./${file}`, exportsOf(code));
  }
  for (const [file, output] of Object.entries(bundle)) {
    if (output.code !== undefined) output.code = renamed(output.code, inside, `./${file}`);
  }
}

/** The names inside of what a chunk exports, by those outside. */
function exportsOf(code: string): Map<string, string> {
  const found = statementsOf(code)
    .filter(isList)
    .flatMap(({ specifiers }) => specifiers);
  return new Map(found.map(({ local, exported = local }) => [exported.name, local.name]));
}

function renamed(code: string, inside: ReadonlyMap<string, ReadonlyMap<string, string>>, file: string): string {
  let result = "";
  let end = 0;
  for (const statement of statementsOf(code)) {
    const names = inside.get(statement.source?.value ?? (isList(statement) ? file : ""));
    if (!names) continue;
    if (takesAll(statement)) {
      throw new Error(`${file} takes all names of ${statement.source?.value}, which are other ones now`);
    }
    if (!statement.specifiers?.length) continue;
    const own = !statement.source;
    const list = statement.specifiers.map(({ type, local, imported, exported }) => {
      if (own) return local.name;
      const from = type === "ImportDefaultSpecifier" ? "default" : (imported ?? local).name;
      return pair(names.get(from) ?? from, (exported ?? local).name);
    });
    const source = own ? "" : `from"${statement.source?.value}"`;
    result += `${code.slice(end, statement.start)}${imports(statement) ? "import" : "export"}{${[...new Set(list)].join()}}${source};`;
    end = statement.end;
  }
  return result + code.slice(end);
}

function statementsOf(code: string): readonly Statement[] {
  return (parseAst(code) as unknown as { body: readonly Statement[] }).body;
}

function imports({ type }: Statement): boolean {
  return type === "ImportDeclaration";
}

function takesAll({ type, specifiers }: Statement): boolean {
  return type === "ExportAllDeclaration" || !!specifiers?.some(({ type }) => type === "ImportNamespaceSpecifier");
}

/** Whether it is `export{…}` of what stands in the file itself. */
function isList(statement: Statement): statement is Statement & { readonly specifiers: readonly Specifier[] } {
  return statement.type === "ExportNamedDeclaration" && !statement.source && !statement.declaration;
}

function pair(name: string, as: string): string {
  return name === as ? name : `${name} as ${as}`;
}
