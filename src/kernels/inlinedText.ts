/** The bytes in the text that `scripts/inline.ts` writes, which tells how one holds the other. */

/** A written module: the texts of some binaries, by their names. */
export interface InlinedTexts<Name extends string> {
  readonly alphabet: string;
  readonly common: string;
  readonly texts: Readonly<Record<Name, string>>;
}

/** The bytes of a binary. Every program starts here, in an engine's slowest gear: hence the tables. */
export function decodeInlined<Name extends string>(
  { alphabet, common, texts }: InlinedTexts<Name>,
  name: Name,
): Uint8Array<ArrayBuffer> {
  const codes = new TextEncoder().encode(texts[name]);
  const singles = common.length / 2;
  const firstOfPair = alphabet.charCodeAt(singles);
  const digits = new Uint8Array(128);
  const singleBytes = new Uint8Array(128);
  for (let i = 0; i < alphabet.length; i++) {
    digits[alphabet.charCodeAt(i)] = i;
    singleBytes[alphabet.charCodeAt(i)] = Number.parseInt(common.slice(2 * i, 2 * i + 2), 16);
  }
  // In place: a byte never takes more room than its text.
  let length = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    codes[length++] = (
      code < firstOfPair
        ? singleBytes[code]
        : (code - firstOfPair) * alphabet.length + (digits[codes[++i] as number] as number)
    ) as number;
  }
  return codes.slice(0, length);
}
