/**
 * Bytes as text that gzip still sees through. Base64 and hexadecimal both hide from it that the variants resemble one
 * another: one moves bytes across characters, the other makes the distance too long for its window. Here the commonest
 * bytes are one printable character each, the others two.
 *
 *     alphabet   90 printable characters: all but " ' ` $ and \, one of which every kind of string literal escapes
 *     common     the SINGLES commonest bytes: each is one character, by its rank
 *     byte b     of the others: alphabet[SINGLES + b / 90], then alphabet[b % 90]
 *
 * In lines, since an engine that tells of an error prints the line that it came from.
 */
export interface Inlined {
  readonly alphabet: string;
  /** The commonest bytes, in hexadecimal. */
  readonly common: string;
  readonly texts: Readonly<Record<string, string>>;
}

/** Three of the 90 begin a pair: 3·90 pairs are enough for all bytes. */
const SINGLES = 87;
const LINE_BYTES = 4096;
const ALPHABET = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
  (c) => !"\"'`$\\".includes(c),
);

export function inline(binaries: Readonly<Record<string, Uint8Array>>): Inlined {
  const counts = new Array<number>(256).fill(0);
  for (const bytes of Object.values(binaries)) for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
  const common = [...counts.keys()]
    .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b)
    .slice(0, SINGLES);
  const codes = counts.map((_, byte) => codeOf(byte, common.indexOf(byte)));
  const texts = Object.entries(binaries).map(([name, bytes]) => [name, inLines(bytes, (b) => codes[b] as string)]);
  return { alphabet: ALPHABET.join(""), common: Buffer.from(common).toString("hex"), texts: Object.fromEntries(texts) };
}

/** A pair stays in one line. */
function inLines(bytes: Uint8Array, codeOf: (byte: number) => string): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    lines.push(Array.from(bytes.subarray(at, at + LINE_BYTES), codeOf).join(""));
  }
  return lines.join("\n");
}

/** The source of a module that exports them, as one object: a namespace object would cost the bundle its getters. */
export function inlinedModule(binaries: Readonly<Record<string, Uint8Array>>): string {
  const { alphabet, common, texts } = inline(binaries);
  // Templates, in which a line ends as it does in the text.
  const fields = Object.entries(texts).map(([name, text]) => `${JSON.stringify(name)}:\`${text}\``);
  return `/** Written by scripts/build.ts. */\nexport const inlined = {alphabet:${JSON.stringify(alphabet)},common:${JSON.stringify(common)},texts:{${fields.join(",\n")}}};\n`;
}

function codeOf(byte: number, rank: number): string {
  if (rank >= 0) return ALPHABET[rank] as string;
  return `${ALPHABET[SINGLES + Math.floor(byte / ALPHABET.length)]}${ALPHABET[byte % ALPHABET.length]}`;
}
