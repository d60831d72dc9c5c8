import assert from "node:assert/strict";
import { test } from "node:test";
import { next, type Preset, stepped, unitOf } from "../src/range/step";

const MADRID = "Europe/Madrid";
const utc = (text: string) => Date.parse(`${text}Z`);
const stretch = (from: string, to: string) => ({ from: utc(from), to: utc(to) });

/** Sunday 29 November 2026, 12:41 in Madrid. */
const NOW = utc("2026-11-29T12:00");
const PRESETS: Preset[] = [
  { id: "24h", ...stretch("2026-11-28T12:00", "2026-11-29T12:00") },
  { id: "7d", ...stretch("2026-11-22T12:00", "2026-11-29T12:00") },
  { id: "today", ...stretch("2026-11-28T23:00", "2026-11-29T12:00") },
  { id: "yesterday", ...stretch("2026-11-27T23:00", "2026-11-28T23:00") },
  { id: "this_month", ...stretch("2026-10-31T23:00", "2026-11-29T12:00") },
  { id: "last_month", ...stretch("2026-09-30T22:00", "2026-10-31T23:00") },
];
const preset = (id: string) => PRESETS.find((each) => each.id === id)!;
const go = (period: string, from: { from: number; to: number }, by: 1 | -1) =>
  next(period, from, by, MADRID, PRESETS, NOW);

test("a month steps by a month, whatever its days and clocks", () => {
  const october = stretch("2026-09-30T22:00", "2026-10-31T23:00");
  const unit = unitOf("custom", october, MADRID);
  assert.deepEqual(unit, { months: 1 });
  assert.deepEqual(stepped(october, unit, -1, MADRID), stretch("2026-08-31T22:00", "2026-09-30T22:00"));
  assert.deepEqual(stepped(october, unit, 1, MADRID), stretch("2026-10-31T23:00", "2026-11-30T23:00"));
  const year = stretch("2024-12-31T23:00", "2025-12-31T23:00");
  assert.deepEqual(unitOf("custom", year, MADRID), { months: 12 });
  assert.deepEqual(
    stepped(year, { months: 12 }, -1, MADRID),
    stretch("2023-12-31T23:00", "2024-12-31T23:00"),
  );
});

test("a day steps by a day of the clocks, of 23 and 25 hours too", () => {
  const spring = stretch("2026-03-28T23:00", "2026-03-29T22:00");
  assert.deepEqual(unitOf("custom", spring, MADRID), { days: 1 });
  assert.deepEqual(stepped(spring, { days: 1 }, -1, MADRID), stretch("2026-03-27T23:00", "2026-03-28T23:00"));
  assert.deepEqual(stepped(spring, { days: 1 }, 1, MADRID), stretch("2026-03-29T22:00", "2026-03-30T22:00"));
  const after = stretch("2026-10-25T23:00", "2026-10-26T23:00");
  assert.deepEqual(stepped(after, { days: 1 }, -1, MADRID), stretch("2026-10-24T22:00", "2026-10-25T23:00"));
});

test("a day whose midnight the clocks skip steps as well", () => {
  // In Havana 8 March 2026 begins at 01:00, which is 05:00 UTC.
  const day = stretch("2026-03-08T05:00", "2026-03-09T04:00");
  assert.deepEqual(unitOf("custom", day, "America/Havana"), { days: 1 });
  assert.deepEqual(
    stepped(day, { days: 1 }, -1, "America/Havana"),
    stretch("2026-03-07T05:00", "2026-03-08T05:00"),
  );
});

test("all else steps by its length", () => {
  const some = stretch("2026-10-24T12:00", "2026-10-25T12:30");
  assert.deepEqual(stepped(some, unitOf("custom", some, MADRID), 1, MADRID), {
    from: some.to,
    to: utc("2026-10-26T13:00"),
  });
  assert.deepEqual(unitOf("24h", preset("24h"), MADRID), { ms: 86_400_000 });
});

test("arrows lead to a preset where there is one", () => {
  assert.deepEqual(go("today", preset("today"), -1), preset("yesterday"));
  assert.deepEqual(go("yesterday", preset("yesterday"), 1), preset("today"));
  assert.deepEqual(go("this_month", preset("this_month"), -1), preset("last_month"));
  assert.deepEqual(go("last_month", preset("last_month"), 1), preset("this_month"));
  const before = go("24h", preset("24h"), -1)!;
  assert.deepEqual(before, stretch("2026-11-27T12:00", "2026-11-28T12:00"));
  assert.deepEqual(go("custom", before, 1), preset("24h"));
});

test("arrows go no further than now", () => {
  for (const { id } of PRESETS) {
    const isOver = ["yesterday", "last_month"].includes(id);
    assert.equal(go(id, preset(id), 1) === undefined, !isOver);
  }
  const almost = stretch("2026-11-28T08:00", "2026-11-29T08:00");
  assert.deepEqual(go("custom", almost, 1), preset("24h"));
});
