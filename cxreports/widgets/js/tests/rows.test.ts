import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rows } from "../src/grid/rows";
import { column, rowsOf } from "./sheet";

const shown = (rows: Rows, name: string): string[] =>
  Array.from({ length: rows.count }, (_, at) => rows.exact(at, name));

const calls = () =>
  rowsOf(
    {
      customer: [column("customer", { kind: "text" }), "text", ["acme", "zeta", "bold", null, ""]],
      attempts: [column("attempts"), "int", [7n, 1200n, null, 7n, 1214n]],
      price: [column("price", { decimals: 2 }), "wide", [12_345n, -50_000n, 0n, null, -37_655n]],
    },
    { totals: true, places: { price: 4 } },
  );

test("a cell is written for eyes and for programs, an empty one as nothing", async () => {
  const rows = await calls();
  assert.equal(rows.count, 4);
  assert.equal(rows.text(1, "attempts"), "1,200");
  assert.equal(rows.exact(1, "attempts"), "1200");
  assert.equal(rows.text(0, "price"), "1.23");
  assert.equal(rows.exact(0, "price"), "1.2345");
  assert.equal(rows.exact(1, "price"), "-5.00");
  assert.equal(rows.text(2, "attempts"), "");
  assert.equal(rows.text(3, "customer"), "");
  assert.deepEqual(
    [0, 1, 2, 3, -1].map((row) => rows.full(row, "price")),
    ["1.2345", "", "", "", "-3.7655"],
  );
  assert.equal(rows.full(1, "attempts"), "");
  assert.equal(rows.full(0, "customer"), "");
});

test("the line of totals is at -1, in no sum and in no order", async () => {
  const rows = await calls();
  assert.equal(rows.text(-1, "attempts"), "1,214");
  rows.sort({ column: "attempts", descending: true });
  assert.equal(rows.text(-1, "attempts"), "1,214");
  assert.deepEqual(shown(rows, "attempts"), ["1200", "7", "7", ""]);
});

test("sums leave empty cells out, and rows in which another column is empty", async () => {
  const rows = await calls();
  assert.equal(rows.sum("attempts", [[0, 4]]), 1214n);
  assert.equal(rows.sum("attempts", [[0, 4]], "price"), 1207n); // the last 7 has no price
  assert.equal(rows.sum("price", [[0, 4]]), -37_655n);
  assert.equal(
    rows.sum("price", [
      [0, 1],
      [2, 3],
    ]),
    12_345n,
  );
  assert.equal(rows.filled("attempts", [[0, 4]]), 3);
  assert.equal(rows.filled("price", [[2, 4]]), 1);
});

test("sums are exact where floating point is not", async () => {
  const rows = await rowsOf({
    bytes: [column("bytes"), "int", [9_007_199_254_740_993n, 9_007_199_254_740_993n, -1n]],
    cost: [
      column("cost"),
      "wide",
      [100_000_000_000_000_000_000_000_001n, -1n, -100_000_000_000_000_000_000_000_002n],
    ],
  });
  assert.equal(rows.sum("bytes", [[0, 3]]), 18_014_398_509_481_985n);
  assert.equal(rows.sum("cost", [[0, 3]]), -2n);
  assert.equal(rows.sum("cost", [[0, 2]]), 100_000_000_000_000_000_000_000_000n);
});

test("rows are sorted by value, empty cells last either way, the same values as they were", async () => {
  const rows = await calls();
  rows.sort({ column: "attempts", descending: false });
  assert.deepEqual(shown(rows, "customer"), ["acme", "", "zeta", "bold"]);
  assert.equal(rows.source(1), 3);
  rows.sort({ column: "attempts", descending: true });
  assert.deepEqual(shown(rows, "customer"), ["zeta", "acme", "", "bold"]);
  rows.sort({ column: "customer", descending: false });
  assert.deepEqual(shown(rows, "customer"), ["acme", "bold", "zeta", ""]);
  rows.sort(null);
  assert.deepEqual(shown(rows, "customer"), ["acme", "zeta", "bold", ""]);
});

test("sums are of the rows as shown", async () => {
  const rows = await calls();
  rows.sort({ column: "attempts", descending: true });
  assert.equal(rows.sum("attempts", [[0, 1]]), 1200n);
  assert.equal(rows.sum("attempts", [[1, 3]]), 14n);
});

test("times are those of the zone's clocks, on both sides of the change to summer time", async () => {
  // 2026-03-29 00:59:59.5 UTC and half a second later, when Madrid's clocks go from 2:00 to 3:00.
  const values = [1_774_745_999_500_000n, 1_774_746_000_000_000n];
  const precise = column("precise", { kind: "time", precision: "millisecond" });
  const time = column("time", { kind: "time", precision: "minute" });
  const rows = await rowsOf(
    { precise: [precise, "int", values], time: [time, "int", values] },
    { zone: "Europe/Madrid" },
  );
  assert.deepEqual(shown(rows, "time"), ["2026-03-29 01:59", "2026-03-29 03:00"]);
  assert.deepEqual(shown(rows, "precise"), ["2026-03-29 01:59:59.500", "2026-03-29 03:00:00.000"]);
});

test("a link has the row's values in it, and leads nowhere from an empty cell or the totals", async () => {
  const customer = column("customer", { kind: "text", link: "/operator?customer={customer}&n={n}" });
  const rows = await rowsOf({
    customer: [customer, "text", ["a&b c", null]],
    n: [column("n"), "int", [3n, 4n]],
  });
  assert.equal(rows.link(0, customer), "/operator?customer=a%26b%20c&n=3");
  assert.equal(rows.link(1, customer), "");
  assert.equal(rows.link(-1, customer), "");
});
