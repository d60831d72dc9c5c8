import assert from "node:assert/strict";
import { test } from "node:test";
import { dayText, lengthText, rangeText, sinceText } from "../src/range/words";

const MADRID = "Europe/Madrid";
const utc = (text: string) => Date.parse(`${text}Z`);
const range = (from: string, to: string) => ({ from: utc(from), to: utc(to) });
const NOW = utc("2026-11-29T12:41");

test("a range says its dates, and times where they are not midnight", () => {
  const says = (from: string, to: string) => rangeText(range(from, to), MADRID, NOW);
  assert.equal(says("2026-11-28T11:45", "2026-11-29T11:45"), "28 Nov 12:45 – 29 Nov 12:45");
  assert.equal(says("2026-11-27T23:00", "2026-11-28T23:00"), "28 Nov");
  assert.equal(says("2026-09-30T22:00", "2026-10-31T23:00"), "1 – 31 Oct");
  assert.equal(says("2026-11-29T08:00", "2026-11-29T10:30"), "29 Nov 09:00 – 11:30");
  assert.equal(says("2025-12-31T23:00", "2026-01-01T23:00"), "1 Jan");
  assert.equal(says("2025-12-30T23:00", "2025-12-31T23:00"), "31 Dec 2025");
  assert.equal(sinceText(utc("2026-11-28T11:45"), MADRID), "28 Nov 12:45 – now");
  assert.equal(sinceText(utc("2026-10-31T23:00"), MADRID), "1 Nov – now");
  assert.equal(dayText(utc("2026-11-13T00:00")), "Fri 13 Nov 2026");
});

test("a length is in days and hours, over a clock change in hours", () => {
  const long = (from: string, to: string) => lengthText(range(from, to), MADRID);
  assert.equal(long("2026-11-13T13:00", "2026-11-16T08:30"), "2 days 19 h 30 min");
  assert.equal(long("2026-11-13T13:00", "2026-11-14T13:00"), "1 day");
  assert.equal(long("2026-11-13T13:00", "2026-11-13T14:00"), "1 hour");
  assert.equal(long("2026-11-13T13:00", "2026-11-13T13:45"), "45 min");
  assert.equal(long("2026-10-24T22:00", "2026-10-25T23:00"), "25 hours: the clocks go back");
  assert.equal(long("2026-03-28T23:00", "2026-03-29T22:00"), "23 hours: the clocks go forward");
  assert.equal(long("2026-10-25T00:30", "2026-10-25T02:15"), "1 hour 45 min: the clocks go back");
});
