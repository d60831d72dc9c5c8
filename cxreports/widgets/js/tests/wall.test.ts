import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, HOUR, instantOf, MINUTE, read, wallOf, written } from "../src/range/wall";

const MADRID = "Europe/Madrid";
const utc = (text: string) => Date.parse(`${text}Z`);

test("clocks of a zone show an instant", () => {
  assert.equal(wallOf(utc("2026-11-29T11:41"), MADRID), utc("2026-11-29T12:41"));
  assert.equal(wallOf(utc("2026-07-01T22:30"), MADRID), utc("2026-07-02T00:30"));
  assert.equal(wallOf(utc("2026-11-29T11:41"), "Asia/Kolkata"), utc("2026-11-29T17:11"));
  assert.equal(wallOf(utc("2026-11-29T02:41"), "America/New_York"), utc("2026-11-28T21:41"));
  assert.equal(wallOf(utc("2026-03-29T00:59:59.250"), MADRID), utc("2026-03-29T01:59:59.250"));
});

test("a time that clocks show twice is the first one", () => {
  assert.equal(instantOf(utc("2026-10-25T02:30"), MADRID), utc("2026-10-25T00:30"));
  assert.equal(instantOf(utc("2026-10-25T03:00"), MADRID), utc("2026-10-25T02:00"));
});

test("a time that clocks skip counts from before the change", () => {
  assert.equal(instantOf(utc("2026-03-29T02:30"), MADRID), utc("2026-03-29T01:30"));
});

test("the second time is written with its offset, and read again", () => {
  assert.equal(written(utc("2026-10-25T00:30"), MADRID), "2026-10-25T02:30");
  assert.equal(written(utc("2026-10-25T01:30"), MADRID), "2026-10-25T02:30+01:00");
  assert.equal(written(utc("2026-11-01T06:15"), "America/New_York"), "2026-11-01T01:15-05:00");
  assert.equal(read("2026-10-25T02:30+01:00", MADRID), utc("2026-10-25T01:30"));
  assert.equal(read("2026-10-25T02:30", MADRID), utc("2026-10-25T00:30"));
  for (const text of ["", "yesterday", "2026-13-45T00:00", "2026-10-25"]) {
    assert.equal(read(text, MADRID), undefined);
  }
});

test("every hour of two years is written and read back, in zones of odd offsets too", () => {
  for (const zone of [MADRID, "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"]) {
    for (let at = utc("2026-01-01T00:10"); at < utc("2027-12-31T00:00"); at += 7 * HOUR + 30 * MINUTE) {
      assert.equal(read(written(at, zone), zone), at);
    }
  }
});

test("a day begins with its midnight", () => {
  assert.equal(dayOf(utc("2026-11-29T23:59")), utc("2026-11-29T00:00"));
});
