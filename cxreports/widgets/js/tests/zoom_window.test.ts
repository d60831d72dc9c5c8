import assert from "node:assert/strict";
import { test } from "node:test";
import { between, closer, nearest, type Stretch, wider, writtenZoom } from "../src/chart/zoom_window";

const utc = (text: string) => Date.parse(`${text}Z`);
const MINUTE = 60_000;
const edges = (from: string, minutes: number, count: number) =>
  Array.from({ length: count + 1 }, (_, at) => utc(from) + at * minutes * MINUTE);
const DAY = edges("2026-11-28T12:00", 15, 96);
const stretch = (from: string, to: string): Stretch => [utc(from), utc(to)];

test("the nearest bucket is the one whose point is nearest", () => {
  const starts = [0, 10, 20, 30];
  assert.deepEqual(
    [-5, 0, 4, 6, 25.5, 29, 99].map((at) => nearest(starts, at)),
    [0, 0, 0, 1, 3, 3, 3],
  );
  assert.equal(nearest([7], 100), 0);
});

test("a drag is of whole buckets, in either direction", () => {
  const expected = stretch("2026-11-28T13:00", "2026-11-28T14:30");
  assert.deepEqual(between(DAY, 4, 9), expected);
  assert.deepEqual(between(DAY, 9, 4), expected);
  assert.deepEqual(between(DAY, 95, 95), stretch("2026-11-29T11:45", "2026-11-29T12:00"));
});

test("plus shows half of it around the crosshair, and stays within", () => {
  assert.deepEqual(closer(DAY, 48), stretch("2026-11-28T18:00", "2026-11-29T06:15"));
  assert.deepEqual(closer(DAY, 0), stretch("2026-11-28T12:00", "2026-11-29T00:00"));
  assert.deepEqual(closer(DAY, 95), stretch("2026-11-29T00:00", "2026-11-29T12:00"));
});

test("plus ends at five minutes", () => {
  let shown = edges("2026-11-29T08:00", 1, 60);
  const lengths = [];
  for (let found = closer(shown, 3); found; found = closer(shown, 3)) {
    lengths.push((found[1] - found[0]) / MINUTE);
    shown = edges(new Date(found[0]).toISOString().slice(0, 16), 1, lengths.at(-1)!);
    assert.ok(lengths.length < 10);
  }
  assert.equal(lengths.at(-1), 5);
});

test("minus shows twice as much, within the whole, and all of it in the end", () => {
  const whole = stretch("2026-11-28T12:00", "2026-11-29T12:00");
  assert.deepEqual(
    wider(edges("2026-11-29T00:00", 5, 24), 12, whole),
    stretch("2026-11-28T23:03", "2026-11-29T03:03"),
  );
  assert.deepEqual(
    wider(edges("2026-11-28T12:00", 5, 24), 1, whole),
    stretch("2026-11-28T12:00", "2026-11-28T16:00"),
  );
  assert.equal(wider(edges("2026-11-28T12:00", 15, 48), 1, whole), undefined);
});

test("a zoom is written as instants", () => {
  const zoom = writtenZoom(stretch("2026-11-29T08:00", "2026-11-29T10:30"));
  assert.equal(zoom, "2026-11-29T08:00Z/2026-11-29T10:30Z");
});
