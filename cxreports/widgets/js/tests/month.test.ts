import assert from "node:assert/strict";
import { test } from "node:test";
import { weekOf, weeksOf, weekStart } from "../src/range/month";
import { DAY, monthOf, sameDay } from "../src/range/wall";

const day = (text: string) => Date.parse(`${text}T00:00Z`);

test("weeks begin as the language has it", () => {
  assert.deepEqual(["en-GB", "de", "fr", "es", "ru"].map(weekStart), [1, 1, 1, 1, 1]);
  assert.deepEqual(["ar-u-nu-latn", "hi", "ja"].map(weekStart), [6, 7, 7]);
});

test("weeks begin so where the browser does not know it", () => {
  const known = Intl.Locale;
  class Old extends known {
    constructor(tag: string) {
      super(tag);
      Object.defineProperties(this, { getWeekInfo: { value: undefined }, weekInfo: { value: undefined } });
    }
  }
  Object.assign(Intl, { Locale: Old });
  try {
    assert.deepEqual(["en-GB", "de", "ar", "hi", "ja", "pt"].map(weekStart), [1, 1, 6, 7, 7, 7]);
  } finally {
    Object.assign(Intl, { Locale: known });
  }
});

test("a month has six weeks from the one in which it begins", () => {
  // 1 November 2026 is a Sunday.
  const monday = weeksOf(day("2026-11-15"), 1);
  assert.equal(monday[0]![0], day("2026-10-26"));
  assert.equal(monday[0]![6], day("2026-11-01"));
  assert.equal(monday[5]![6], day("2026-12-06"));
  assert.equal(weeksOf(day("2026-11-01"), 7)[0]![0], day("2026-11-01"));
  assert.equal(weeksOf(day("2026-11-01"), 6)[0]![0], day("2026-10-31"));
  const all = monday.flat();
  assert.equal(all.length, 42);
  assert.ok(all.every((each, at) => each === all[0]! + at * DAY));
  assert.equal(weekOf(day("2026-11-29"), 1), day("2026-11-23"));
});

test("another month has the same day, or its last", () => {
  assert.equal(sameDay(day("2026-03-31"), -1), day("2026-02-28"));
  assert.equal(sameDay(day("2028-01-30"), 1), day("2028-02-29"));
  assert.equal(sameDay(day("2026-11-13"), -12), day("2025-11-13"));
  assert.equal(monthOf(day("2026-12-13"), 1), day("2027-01-01"));
});
