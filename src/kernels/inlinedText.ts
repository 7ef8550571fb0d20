/** The bytes in the text that `scripts/inline.ts` writes, which tells how one holds the other. */

/** A written module: the texts of some binaries, by their names. */
export interface InlinedTexts<Name extends string> {
  readonly alphabet: string;
  readonly common: string;
  readonly texts: Readonly<Record<Name, string>>;
}

/** "\n": the texts are written in lines, so that whoever prints a line of the library's source prints a short one. */
const LINE_END = 10;

/** The bytes of a binary. Every program starts here, in an engine's slowest gear: hence the tables. */
export function decodeInlined<Name extends string>(
  { alphabet, common, texts }: InlinedTexts<Name>,
  name: Name,
): Uint8Array<ArrayBuffer> {
  const singles = common.length / 2;
  const firstOfPair = alphabet.charCodeAt(singles);
  const digits = new Uint8Array(128);
  const singleBytes = new Uint8Array(128);
  for (let i = 0; i < alphabet.length; i++) {
    digits[alphabet.charCodeAt(i)] = i;
    singleBytes[alphabet.charCodeAt(i)] = Number.parseInt(common.slice(2 * i, 2 * i + 2), 16);
  }
  const text = texts[name];
  // A byte never takes more room than its text.
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === LINE_END) continue;
    bytes[length++] = (
      code < firstOfPair
        ? singleBytes[code]
        : (code - firstOfPair) * alphabet.length + (digits[text.charCodeAt(++i)] as number)
    ) as number;
  }
  return bytes.slice(0, length);
}
