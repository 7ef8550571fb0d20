/** What is printed, on whatever it is printed to. */

/** Columns of the terminal; of a file or a pipe, which has none, those of a wide one. */
export function columns(): number {
  return process.stdout.columns ?? 90;
}

/** Prints a text, its sentences broken to the terminal's width. */
export function print(text: string): void {
  console.log(wrap(text, columns()));
}

/** Breaks lines between words; one that begins with a space is part of a table, and stays. */
export function wrap(text: string, width: number): string {
  const lines = text.split("\n").flatMap((line) => {
    if (line.startsWith(" ")) return [line];
    const broken = [""];
    for (const word of line.split(" ")) {
      const last = broken.length - 1;
      const longer = broken[last] === "" ? word : `${broken[last]} ${word}`;
      if (longer.length <= width || broken[last] === "") broken[last] = longer;
      else broken.push(word);
    }
    return broken;
  });
  return lines.join("\n");
}

/** A reader that closes the pipe, such as `head`, has all that it wanted: that is the end, and no mistake. */
export function endWhenNobodyReads(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
