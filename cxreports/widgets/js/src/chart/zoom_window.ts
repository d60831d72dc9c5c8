/** Stretches of time that a zoom leads to, in whole buckets of what is shown. */

const MINUTE = 60_000;
const LEAST = 5 * MINUTE;

/** Instants, the end not included. */
export type Stretch = [from: number, to: number];

/** Number of the bucket that is drawn nearest to a time. */
export function nearest(starts: number[], at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle;
  }
  return at - starts[low]! <= starts[high]! - at ? low : high;
}

/** From one bucket to another, whichever comes first. @param instants Edges of the buckets. */
export function between(instants: number[], a: number, b: number): Stretch {
  return [instants[Math.min(a, b)]!, instants[Math.max(a, b) + 1]!];
}

/** The stretch cut to whole buckets, at least one of them. */
function snapped(instants: number[], [from, to]: Stretch): Stretch {
  const last = instants.length - 1;
  const first = Math.min(
    Math.max(
      0,
      instants.findLastIndex((edge) => edge <= from),
    ),
    last - 1,
  );
  const end = instants.findIndex((edge) => edge >= to);
  return [instants[first]!, instants[Math.max(first + 1, end < 0 ? last : end)]!];
}

/** Half of what is shown, around a bucket; undefined where there is nothing finer. */
export function closer(instants: number[], at: number): Stretch | undefined {
  const [start, end] = [instants[0]!, instants.at(-1)!];
  const half = Math.max(LEAST, (end - start) / 2);
  if (end - start <= LEAST) return undefined;
  const middle = (instants[at]! + instants[at + 1]!) / 2;
  const from = Math.min(Math.max(start, middle - half / 2), end - half);
  const found = snapped(instants, [from, from + half]);
  return found[0] === start && found[1] === end ? undefined : found;
}

/** Twice what is shown, around a bucket and within the whole; undefined where that is all of it. */
export function wider(instants: number[], at: number, whole: Stretch): Stretch | undefined {
  const length = 2 * (instants.at(-1)! - instants[0]!);
  const middle = (instants[at]! + instants[at + 1]!) / 2;
  if (length >= whole[1] - whole[0]) return undefined;
  const from = Math.min(Math.max(whole[0], middle - length / 2), whole[1] - length);
  const minute = (instant: number) => Math.round(instant / MINUTE) * MINUTE;
  return [minute(from), minute(from + length)];
}

/** A stretch as the view has it. */
export function writtenZoom(stretch: Stretch): string {
  return stretch.map((instant) => `${new Date(instant).toISOString().slice(0, 16)}Z`).join("/");
}
