/**
 * What a binary consists of, read off its bytes: an engine that cannot compile it would not say.
 * The format: https://webassembly.github.io/spec/core/binary/modules.html
 */

const SECTIONS = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  "data count": 12,
  tag: 13,
};

/** All that the kernels need. By any other section a module would own or run something, or tell where it was built. */
const NEEDED = ["type", "import", "function", "global", "export", "code"];

/** What keeps a binary from being functions over an imported memory and nothing else; empty if nothing does. */
export function flaws(bytes: Uint8Array): string[] {
  const found: string[] = [];
  let imports = "nothing";
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.unsigned();
    const end = reader.at + size;
    const name = Object.entries(SECTIONS).find(([, number]) => number === id)?.[0] ?? `${id}`;
    if (!NEEDED.includes(name)) found.push(`has a section "${name}" of ${size} bytes, expected none`);
    if (id === SECTIONS.import) imports = reader.imports().join(", ");
    reader.at = end;
  }
  if (imports !== "memory env.memory") found.push(`imports ${imports}, expected memory env.memory alone`);
  return found;
}

class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError("the binary ends in the middle of a section");
    return byte;
  }

  /** LEB128: seven bits a byte, the lowest first. */
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.unsigned();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }

  /** The import section: kind and name of each. */
  imports(): string[] {
    return Array.from({ length: this.unsigned() }, () => {
      const name = `${this.text()}.${this.text()}`;
      return `${this.importKind()} ${name}`;
    });
  }

  private importKind(): string {
    const kind = this.byte();
    if (kind === 0) {
      this.unsigned();
      return "function";
    }
    if (kind === 3) {
      this.at += 2;
      return "global";
    }
    // A table is its element type, then limits as a memory's.
    if (kind === 1) this.byte();
    else if (kind !== 2) throw new RangeError(`an import of the unknown kind ${kind}`);
    const hasMaximum = this.unsigned() % 2 === 1;
    this.unsigned();
    if (hasMaximum) this.unsigned();
    return kind === 1 ? "table" : "memory";
  }
}
