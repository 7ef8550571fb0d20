/**
 * A strict reader of JSON (RFC 8259) in UTF-8, over the bytes: linear in time, and it makes nothing but what is asked for. It
 * refuses what serde_json refuses, with which the reference implementation of safetensors reads: nesting beyond 127,
 * numbers beyond float64, halves of surrogate pairs.
 * Source: https://github.com/serde-rs/json, src/de.rs and src/read.rs.
 */
import { quoted, shown } from "../../common/quoted.js";
import { decodeUtf8, utf8Size } from "../../common/utf8.js";
import { isFiniteNumber, numberEnd } from "./number.js";

const MAX_DEPTH = 127;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/** What stands behind a backslash for one character. */
const ESCAPES = '"\\/bfnrt';
const LITERALS = ["true", "false", "null"];

export class JsonReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #malformed: (what: string) => Error;
  #at: number;
  #depth = 0;

  /** @param malformed makes the error for what is no JSON */
  constructor(bytes: Uint8Array, from: number, end: number, malformed: (what: string) => Error) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = end;
    this.#malformed = malformed;
  }

  /** Where the next value begins; `return` to it reads it again. */
  mark(): number {
    this.#space();
    return this.#at;
  }

  return(mark: number): void {
    this.#at = mark;
  }

  /** The first character of the next value; "" at the end. */
  peek(): string {
    this.#space();
    return this.#at < this.#end ? String.fromCharCode(this.#byte()) : "";
  }

  /** Reads an object; `field` must read the value of each key. */
  object(field: (key: string) => void): void {
    this.#open(OPEN_OBJECT, '"{"');
    if (!this.#take(CLOSE_OBJECT)) {
      do {
        const key = this.string();
        this.#expect(COLON, '":"');
        field(key);
      } while (this.#take(COMMA));
      this.#expect(CLOSE_OBJECT, '"," or "}"');
    }
    this.#depth--;
  }

  /** Reads an array; `item` must read each of its values. */
  array(item: () => void): void {
    this.#open(OPEN_ARRAY, '"["');
    if (!this.#take(CLOSE_ARRAY)) {
      do item();
      while (this.#take(COMMA));
      this.#expect(CLOSE_ARRAY, '"," or "]"');
    }
    this.#depth--;
  }

  string(): string {
    const from = this.mark();
    const escaped = this.#skipString();
    // What was skipped is right, so that this gives what it stands for.
    if (escaped) return JSON.parse(decodeUtf8(this.#bytes, from, this.#at) as string);
    return decodeUtf8(this.#bytes, from + 1, this.#at - 1) as string;
  }

  /**
   * Reads a number: its value if it is a whole one below 2⁵³ without sign, fraction and exponent; undefined for any other. What
   * is no number is left where it is.
   */
  whole(): number | undefined {
    const from = this.mark();
    const first = this.#at < this.#end ? this.#byte() : 0;
    if (first < 0x2d || first > 0x39) return undefined;
    this.#number();
    let value = 0;
    for (let i = from; i < this.#at; i++) {
      const digit = (this.#bytes[i] as number) - 0x30;
      if (digit < 0 || digit > 9 || value > Number.MAX_SAFE_INTEGER) return undefined;
      value = 10 * value + digit;
    }
    return value > Number.MAX_SAFE_INTEGER ? undefined : value;
  }

  /** Reads a value of any kind, and makes nothing of it. */
  skip(): void {
    const first = this.peek();
    if (first === "{") {
      this.#open(OPEN_OBJECT, "");
      if (!this.#take(CLOSE_OBJECT)) {
        do {
          this.#skipString();
          this.#expect(COLON, '":"');
          this.skip();
        } while (this.#take(COMMA));
        this.#expect(CLOSE_OBJECT, '"," or "}"');
      }
      this.#depth--;
    } else if (first === "[") this.array(() => this.skip());
    else if (first === '"') this.#skipString();
    else if (!LITERALS.some((word) => this.#literal(word))) this.#number();
  }

  /** Whether the next value is null, which is read then. */
  null(): boolean {
    this.#space();
    return this.#literal("null");
  }

  /** Reads a value of any kind: its text, for a message. */
  shown(): string {
    const from = this.mark();
    this.skip();
    return shown(decodeUtf8(this.#bytes, from, this.#at) as string);
  }

  /** @throws if anything but white space follows */
  end(): void {
    this.#space();
    if (this.#at < this.#end) throw this.#unexpected("the end");
  }

  #byte(): number {
    return this.#bytes[this.#at] as number;
  }

  #unexpected(expected: string): Error {
    const at = this.#at;
    if (at >= this.#end) return this.#malformed(`it ends where ${expected} is expected`);
    const size = utf8Size(this.#bytes, at, this.#end);
    const got = size ? quoted(decodeUtf8(this.#bytes, at, at + size) ?? "") : `the byte ${this.#byte()}, no UTF-8`;
    return this.#malformed(`expected ${expected} at byte ${at}, got ${got}`);
  }

  #space(): void {
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#byte();
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    }
  }

  #take(byte: number, spaced = true): boolean {
    if (spaced) this.#space();
    if (this.#at >= this.#end || this.#byte() !== byte) return false;
    this.#at++;
    return true;
  }

  #expect(byte: number, what: string): void {
    if (!this.#take(byte)) throw this.#unexpected(what);
  }

  #open(byte: number, what: string): void {
    this.#expect(byte, what);
    if (++this.#depth > MAX_DEPTH)
      throw this.#malformed(`it is nested more than ${MAX_DEPTH} deep at byte ${this.#at - 1}`);
  }

  #literal(word: string): boolean {
    if (this.#end - this.#at < word.length) return false;
    for (let i = 0; i < word.length; i++) if (this.#bytes[this.#at + i] !== word.charCodeAt(i)) return false;
    this.#at += word.length;
    return true;
  }

  /** Goes to the next quote or backslash of a string. */
  #plain(): void {
    while (this.#at < this.#end) {
      const byte = this.#byte();
      if (byte === QUOTE || byte === BACKSLASH) return;
      const size = byte < 0x20 ? 0 : byte < 0x80 ? 1 : utf8Size(this.#bytes, this.#at, this.#end);
      if (size === 0) throw this.#unexpected("a character of a string");
      this.#at += size;
    }
    throw this.#unexpected('the end of a string, "\\""');
  }

  /** Goes behind a string; whether it has escapes. */
  #skipString(): boolean {
    this.#expect(QUOTE, "a string");
    for (let escaped = false; ; escaped = true) {
      this.#plain();
      if (this.#take(QUOTE, false)) return escaped;
      this.#escape();
    }
  }

  /** Goes behind an escape. */
  #escape(): void {
    const from = this.#at++;
    if (this.#at < this.#end && ESCAPES.includes(String.fromCharCode(this.#byte()))) {
      this.#at++;
      return;
    }
    const unit = this.#hex();
    if (unit < 0xd800 || unit > 0xdfff) return;
    const low = unit < 0xdc00 && this.#take(BACKSLASH, false) ? this.#hex() : 0;
    if (low >= 0xdc00 && low <= 0xdfff) return;
    throw this.#malformed(`"\\u${unit.toString(16)}" at byte ${from} is half a surrogate pair`);
  }

  /** The number in "u" and four hexadecimal digits. */
  #hex(): number {
    if (!this.#take(0x75, false)) throw this.#unexpected('one of the characters "\\/bfnrtu');
    let unit = 0;
    for (let i = 0; i < 4; i++, this.#at++) {
      const digit = this.#at < this.#end ? Number.parseInt(String.fromCharCode(this.#byte()), 16) : Number.NaN;
      if (Number.isNaN(digit)) throw this.#unexpected("a hexadecimal digit");
      unit = 16 * unit + digit;
    }
    return unit;
  }

  /** Reads a number; one that float64 cannot hold is refused. */
  #number(): void {
    const from = this.#at;
    const { end, complete } = numberEnd(this.#bytes, from, this.#end);
    this.#at = end;
    if (!complete) throw this.#unexpected(end === from ? "a value" : "a digit");
    if (isFiniteNumber(this.#bytes, from, end)) return;
    throw this.#malformed(`the number at byte ${from} is beyond float64`);
  }
}
