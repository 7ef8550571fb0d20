/** Generated .safetensors files: most as a writer would write them but for a thing or two, some not at all. */
import { Dice } from "./dice.js";

const BITS: [string, number][] = [
  ...["F64", "I64", "U64", "C64"].map((type): [string, number] => [type, 64]),
  ...["F32", "I32", "U32"].map((type): [string, number] => [type, 32]),
  ...["F16", "BF16", "I16", "U16"].map((type): [string, number] => [type, 16]),
  ...["F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I8", "U8", "BOOL"].map(
    (type): [string, number] => [type, 8],
  ),
  ...["F6_E2M3", "F6_E3M2"].map((type): [string, number] => [type, 6]),
  ["F4", 4],
];
const NAMES = [
  "a",
  "0.weight",
  "",
  "ключ",
  "😀",
  "__proto__",
  "constructor",
  "toString",
  "a\\nb",
  "\\u0061",
  "\\ud83d\\ude00",
  "\\/",
];
const OTHER_NAMES = [
  "\\ud800",
  "\\udc00",
  "\\ud800\\u0041",
  "\\ud800x",
  "\\x41",
  "\\u12g4",
  "\\",
  "a\nb",
  "a\u0001",
  "\u007f",
  '"',
];
const OTHER_NUMBERS = [
  ...'-1 -0 2.0 2e0 2E+0 0.0 01 +1 .5 1. 1e 1e+ 1e999 -1e999 1e-999 0e999 NaN Infinity null true "2" [] {} 0x2 1_0'.split(
    " ",
  ),
  ...[
    "4294967296",
    "9007199254740991",
    "9007199254740992",
    "18446744073709551615",
    "18446744073709551616",
    "1".repeat(400),
  ],
];
const SPACES = [" ", "\n", "\r", "\t", "  ", "\f", "\v", "\u00a0", "\0", "/**/"];
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const OTHER_VALUES = [
  ...[null, true, [], {}, "", "a", 3, [1, [2]], { a: { a: 1 } }].map((value) => JSON.stringify(value)),
  ...[
    "1e999",
    "-0",
    "1.5e3",
    "tru",
    "nul",
    "'a'",
    '"\\ud800"',
    '{"a":1,"a":2}',
    "[1,]",
    "{,}",
    nested(125),
    nested(126),
    nested(200),
  ],
];

interface Tensor {
  name: string;
  bytes: number;
  info(begin: number, end: number): string;
}

function tensor(dice: Dice, i: number): Tensor {
  const [type, bits] = dice.pick(BITS);
  const sizes = Array.from({ length: dice.below(4) }, () => dice.below(4));
  if (bits < 8 && !dice.once(10)) sizes.push(4);
  const shown = sizes.map((size) => dice.usually(`${size}`, OTHER_NUMBERS, 60));
  if (dice.once(60))
    shown.push(dice.pick(["0", "4294967296,4294967296,0", "0,4294967296,4294967296", `${"1,".repeat(99)}1`]));
  const space = () => dice.usually(dice.usually("", [" "], 4), SPACES, 150);
  const wrongTypes = ["null", "3", '""', '"f32"', '"F33"', '{"F32":null}', '["F32"]', '"F3\\u0032"'];
  return {
    name: dice.usually(`${dice.pick(NAMES)}${i}`, [dice.pick(OTHER_NAMES), "a", "__metadata__"], 25),
    bytes: Math.ceil((sizes.reduce((a, b) => a * b, 1) * bits) / 8),
    info(begin, end) {
      const moved = () => dice.usually(0, [1, -1, 8], 80);
      const [from, to] = [begin + moved(), end + moved()].map((each) => dice.usually(`${each}`, OTHER_NUMBERS, 150));
      const offsets = dice.usually(`[${from},${space()}${to}]`, ["[0]", "[0,0,0]", "[]", "null", "{}", "0"], 80);
      const fields: [string, string][] = [
        ["dtype", dice.usually(`"${type}"`, wrongTypes, 40)],
        ["shape", dice.usually(`[${shown}]`, ["null", "3", '"2"', "{}", "[[]]", `[${shown},]`], 60)],
        ["data_offsets", offsets],
      ];
      if (dice.once(30))
        fields.push([dice.pick(["x", "dtype", "shape", "data_offsets", "dt\\u0079pe"]), dice.pick(OTHER_VALUES)]);
      if (dice.once(80)) fields.pop();
      const text = dice.shuffled(fields).map(([key, value]) => `${space()}"${key}"${space()}:${space()}${value}`);
      if (dice.once(100)) return dice.pick([`["${type}",[${shown}],${offsets}]`, ...OTHER_VALUES]);
      return `{${text.join(",")}${space()}}`;
    },
  };
}

function metadata(dice: Dice): string {
  const others = [
    "null",
    "[]",
    "3",
    '"a"',
    '{"a":1}',
    '{"a":null}',
    '{"a":"b","a":"c"}',
    '{"a":"\\udc00"}',
    '{"a":{}}',
  ];
  return `"__metadata__":${dice.usually('{"format":"pt","k\\u0065y":"ж"}', others, 4)}`;
}

/** The `count` files of a seed. */
export function* safetensorsFiles(seed: number, count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    const dice = new Dice(seed + 0x9e3779b9 * i);
    for (let skip = 0; skip < 4; skip++) dice.below(2);
    let at = 0;
    const fields = Array.from({ length: dice.below(5) }, (_, j) => {
      const { name, bytes, info } = tensor(dice, j);
      at += bytes;
      return `"${name}":${info(at - bytes, at)}`;
    });
    if (dice.once(4)) fields.push(metadata(dice));
    if (dice.once(60)) fields.push(dice.pick([metadata(dice), ...fields]) ?? "");
    const body = dice.shuffled(fields).join(dice.usually(",", [" ,\n", ",,", ";", ", "], 40));
    const open = dice.usually("{", [" {", "\ufeff{", "[", "", "{,"], 60);
    const close = dice.usually("}", ["}  ", "}\n", ",}", "", "}}", "}\0", "}x"], 20);
    const header = Buffer.from(`${open}${body}${close}`);
    const data = Math.max(0, dice.usually(at, [at + 1, at - 1, 0], 40));
    const file = new Uint8Array(8 + header.length + data);
    const length = dice.usually(header.length, [header.length + 1, header.length - 1, 0, 100_000_001, 2 ** 40], 60);
    new DataView(file.buffer).setBigUint64(0, BigInt(Math.max(0, length)), true);
    file.set(header, 8);
    for (let j = 8 + header.length; j < file.length; j++) file[j] = dice.below(256);
    yield dice.once(20) ? dice.damaged(file) : file;
  }
}
