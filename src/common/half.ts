/** 16-bit floating-point numbers: widened, every one of them is a float32 (so a float64) exactly; narrowed, they are rounded. */

/** The value of an IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (0x400 + fraction) * 2 ** (exponent - 25);
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The value of a bfloat16: the upper half of a float32. */
export function fromBfloat16(bits: number): number {
  word[0] = bits << 16;
  return float[0] as number;
}

/** The nearest IEEE 754 binary16 of a float32, ties to even: 1 bit of sign, 5 of exponent, 10 of fraction. */
export function toFloat16(value: number): number {
  float[0] = value;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  // 65520 is half way from the largest number to 2¹⁶.
  if (size >= 0x477ff000) return sign | 0x7c00;
  // Below 2⁻¹⁴, numbers are multiples of 2⁻²⁴: adding 2⁻¹ leaves just those bits of a float32.
  if (size < 0x38800000) {
    float[0] = Math.abs(value) + 0.5;
    return sign | ((word[0] as number) - 0x3f000000);
  }
  // Half of what is cut off is added first, less one if the last bit that stays is even.
  return sign | ((size + 0xfff + ((size >>> 13) & 1) - 0x38000000) >>> 13);
}
