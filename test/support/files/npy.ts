/** Generated .npy files: most as NumPy writes them but for a thing or two, some not at all. */
import { Dice } from "./dice.js";

const TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"];
const OTHER_DESCR = [
  ..."'>f4' '>u1' '<c8' '<U3' '|O' 'f4' '=f4' 'float32' '|f4' '<u1' '?' '' '<' 'e' '<f04' '2<f4' '|S3' '|V4' '<M8[s]'".split(
    " ",
  ),
  ..."'<f16' ' <f4' '<f4 ' u'<f4' b'<f4' r'<f4' '''<f4''' '<''f4' None 4 [] [('a','<f4')] ('<f4',(2,)) <f4 '\\x3cf4' '<f4".split(
    " ",
  ),
];
const OTHER_SIZES = [
  ..."-1 -0 +2 0x2 0b1 0o2 1_0 03 00 000 1.0 2e0 2L 2l 3LL L True None '2' (2) 1j 2* 2**2 2,".split(" "),
  ...["4294967296", "9007199254740992", "1152921504606846976", "9223372036854775808", "99999999999999999999999"],
];
const SPACES = ["", " ", "  ", "\t", "\n", "\r\n", "\f", "\v", "\0", "\u00a0", "#x\n", "\\\n"];

/** The text of a header, and how many bytes of data it declares if it is one of NumPy's. */
function header(dice: Dice): { text: string; bytes: number } {
  const type = dice.pick(TYPES);
  const size = () => dice.usually(`${dice.below(5)}`, OTHER_SIZES, 25);
  const sizes = Array.from({ length: dice.usually(dice.below(4), [10, 63, 64, 65, 80], 40) }, size);
  if (sizes.length > 9) sizes.fill("1");
  const space = () => dice.usually(dice.usually("", [" "], 3), SPACES, 40);
  const quote = dice.usually("'", ['"'], 6);
  const order = type.endsWith("1") ? "|" : "<";
  const descr = dice.usually(`${quote}${dice.usually(order, ["|", "<"], 20)}${type}${quote}`, OTHER_DESCR, 12);
  const comma = sizes.length === 1 ? "," : dice.usually("", [","], 5);
  const inner = `${sizes.join(`,${dice.usually(" ", SPACES, 20)}`)}${sizes.length === 0 ? "" : comma}`;
  const shape = dice.usually(
    `(${space()}${inner}${space()})`,
    [`[${inner}]`, inner, `(${inner}`, `((${inner}))`, `(${sizes.join()})`],
    25,
  );
  const fields = dice.shuffled([
    ["descr", descr],
    [
      "fortran_order",
      dice.usually(dice.pick(["False", "True"]), ["false", "0", "None", "'False'", "not True", "FALSE"], 40),
    ],
    ["shape", shape],
  ]);
  if (dice.once(40))
    fields.push(
      dice.pick([
        ["descr", "'<f8'"],
        ["x", "1"],
        ["shape", "(1,)"],
        ["fortran_order", "True"],
      ]),
    );
  if (dice.once(60)) fields.pop();
  const text = fields
    .map(([key, value]) => `${space()}${quote}${key}${quote}${space()}:${space()}${value}${space()}`)
    .join(",");
  const open = dice.usually("{", [" {", "\t{", "\n{", "\n {", "({", "[", ""], 40);
  const close = dice.usually(dice.usually("}", [", }", ",}"], 2), [",,}", "})", "", "}}", "} x", "};"], 40);
  const numbers = sizes.map((each) => Number.parseInt(each, 10));
  return { text: `${open}${text}${close}`, bytes: numbers.reduce((a, b) => a * b, 1) * Number(type[1]) };
}

/** The `count` files of a seed. */
export function* npyFiles(seed: number, count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    const dice = new Dice(seed + 0x9e3779b9 * i);
    for (let skip = 0; skip < 4; skip++) dice.below(2);
    const { text, bytes } = header(dice);
    const version = dice.usually(
      dice.usually(
        [1, 0],
        [
          [2, 0],
          [3, 0],
        ],
        3,
      ),
      [
        [1, 1],
        [2, 5],
        [0, 1],
        [4, 0],
        [255, 255],
      ],
      30,
    );
    const from = version[0] === 1 ? 10 : 12;
    const align = dice.usually(64, [16, 1, 8], 3);
    const padding = dice.once(300) ? 10_000 : (align - ((from + text.length + 1) % align)) % align;
    const whole = Buffer.from(`${text}${" ".repeat(padding)}${dice.usually("\n", ["", " ", "\0"], 30)}`, "latin1");
    const declared = Number.isFinite(bytes) && bytes >= 0 && bytes < 10_000 ? bytes : 8;
    const data = dice.usually(declared, [declared + 1, declared - 1, 0, declared + 8], 20);
    const file = new Uint8Array(from + whole.length + Math.max(0, data));
    file.set([0x93, ...Buffer.from("NUMPY"), ...version]);
    const view = new DataView(file.buffer);
    const length = dice.usually(whole.length, [whole.length + 1, whole.length - 1, 0, 0xffff], 60);
    if (from === 10) view.setUint16(8, length, true);
    else view.setUint32(8, dice.usually(length, [0xffffffff, 0x7fffffff], 60), true);
    file.set(whole, from);
    for (let at = from + whole.length; at < file.length; at++) file[at] = dice.below(256);
    yield dice.once(20) ? dice.damaged(file) : file;
  }
}
