import assert from "node:assert/strict";
import { test } from "node:test";
import { dayTyped, timeTyped, timeWritten } from "../src/range/typed";
import { HOUR, MINUTE } from "../src/range/wall";

const day = (text: string) => Date.parse(`${text}T00:00Z`);
const TODAY = day("2026-11-29");

function reads(tag: string, texts: string[], expected: string): void {
  for (const text of texts) assert.equal(dayTyped(text, tag, TODAY), day(expected));
}

test("a day is read as people write it", () => {
  const texts = [
    "2026-11-13",
    "13/11/2026",
    "13.11.26",
    "Fri 13 Nov 2026",
    "13 november 2026",
    "13 Nov",
    "13.11.",
  ];
  reads("en-GB", texts, "2026-11-13");
  reads("de", ["Fr., 13. Nov. 2026", "13. November 2026", "13.11.2026"], "2026-11-13");
  reads("es", ["vie, 13 nov 2026", "13 de noviembre de 2026"], "2026-11-13");
  reads("ja-u-nu-latn", ["2026年11月13日(金)", "2026/11/13", "11/13"], "2026-11-13");
  reads("ar-u-nu-latn", ["الجمعة، 13 نوفمبر 2026", "١٣/١١/٢٠٢٦"], "2026-11-13");
});

test("a field reads what it wrote, in every language", () => {
  for (const tag of ["en-GB", "es", "pt", "fr", "de", "ru", "ar", "hi", "zh", "ja"].map(
    (tag) => `${tag}-u-nu-latn`,
  )) {
    const format = new Intl.DateTimeFormat(tag, {
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
      timeZone: "UTC",
    });
    for (let at = day("2025-12-25"); at < day("2027-01-05"); at += 3 * 86_400_000) {
      assert.equal(dayTyped(format.format(at), tag, TODAY), at);
    }
  }
});

test("a day without a year is the latest that was", () => {
  reads("en-GB", ["30 Nov", "30/11"], "2025-11-30");
  reads("en-GB", ["29 Nov"], "2026-11-29");
});

test("what is no day is none", () => {
  for (const text of [
    "",
    "tomorrow",
    "31 Feb 2026",
    "2026-02-30",
    "13",
    "1/2/3/4",
    "13 Nov 3026",
    "45/45/2026",
  ]) {
    assert.equal(dayTyped(text, "en-GB", TODAY), undefined);
  }
});

test("a time of the 24-hour clock is read with or without its colon", () => {
  const expected: [string, number][] = [
    ["14:30", 14 * HOUR + 30 * MINUTE],
    ["9.05", 9 * HOUR + 5 * MINUTE],
    ["0930", 9 * HOUR + 30 * MINUTE],
    ["930", 9 * HOUR + 30 * MINUTE],
    ["7", 7 * HOUR],
    ["24:00", 24 * HOUR],
    ["١٤:٣٠", 14 * HOUR + 30 * MINUTE],
  ];
  for (const [text, time] of expected) assert.equal(timeTyped(text), time);
  for (const text of ["", "25:00", "24:01", "12:60", "noon", "2 pm"])
    assert.equal(timeTyped(text), undefined);
  assert.equal(timeWritten(9 * HOUR + 5 * MINUTE), "09:05");
  assert.equal(timeWritten(24 * HOUR), "24:00");
});
