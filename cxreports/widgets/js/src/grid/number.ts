/** Exact numbers: a whole count of the last digit, and how many decimals that is. */

import * as language from "../language";

const TEN = 10n;
const powers: bigint[] = [1n];

export function power(places: number): bigint {
  for (let i = powers.length; i <= places; i++) powers.push(powers[i - 1]! * TEN);
  return powers[places]!;
}

/** Divide, rounding halves to even as Python's Decimal does. */
export function divided(above: bigint, below: bigint): bigint {
  if (below < 0n) return divided(-above, -below);
  const negative = above < 0n;
  const size = negative ? -above : above;
  let quotient = size / below;
  const twice = (size - quotient * below) * 2n;
  if (twice > below || (twice === below && quotient % 2n === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}

/** Give a count of 10^-places as one of 10^-decimals. */
export function rescaled(count: bigint, places: number, decimals: number): bigint {
  return decimals >= places ? count * power(decimals - places) : divided(count, power(places - decimals));
}

function digits(count: bigint, places: number): [sign: string, whole: string, fraction: string] {
  const text = (count < 0n ? -count : count).toString().padStart(places + 1, "0");
  const point = text.length - places;
  return [count < 0n ? "-" : "", text.slice(0, point), text.slice(point)];
}

/** For eyes: rounded to `decimals`, thousands separated, as the page's language has it. */
export function written(count: bigint, places: number, decimals: number): string {
  const [sign, whole, fraction] = digits(rescaled(count, places, decimals), decimals);
  return language.written(`${sign}${whole}${fraction && "."}${fraction}`);
}

/** For eyes: every digit, but empty where `written` loses none. */
export function unrounded(count: bigint, places: number, decimals: number): string {
  return exactly(count, places, decimals) === exactly(rescaled(count, places, decimals), decimals, decimals)
    ? ""
    : language.written(exactly(count, places, decimals));
}

/** For programs: every digit that is not a closing zero, and at least so many decimals. */
export function exactly(count: bigint, places: number, least: number): string {
  const [sign, whole, fraction] = digits(count, places);
  const kept = fraction.replace(/0+$/, "").padEnd(Math.min(least, places), "0");
  return `${sign}${whole}${kept && "."}${kept}`;
}
