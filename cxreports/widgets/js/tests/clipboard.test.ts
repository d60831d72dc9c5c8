import assert from "node:assert/strict";
import { test } from "node:test";
import { harmless, tabbed } from "../src/grid/clipboard";
import { Selection } from "../src/grid/selection";
import { column, rowsOf } from "./sheet";

test("a text that a spreadsheet would compute gets an apostrophe before it", () => {
  for (const text of ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "\r=x", "=", "+", "+34 911", "-1,5"]) {
    assert.equal(harmless(text), `'${text}`);
  }
});

test("plain numbers and all other texts stay as they are", () => {
  for (const text of ["-1.50", "+34911234567", "-3", "0", "", "a=b", " =1", "'=1", "2026-03-29", "1+1"]) {
    assert.equal(harmless(text), text);
  }
});

const cells = () =>
  rowsOf(
    {
      caller: [column("caller", { kind: "text", label: "=Caller" }), "text", ["=1+1", '@"x"\ty', "+34911"]],
      price: [column("price", { decimals: 2 }), "wide", [-15_000n, null, 1_234_567n]],
    },
    { places: { price: 4 } },
  );
const columns = [
  column("caller", { kind: "text", label: "=Caller" }),
  column("price", { label: "Price", decimals: 2 }),
];

test("copied cells and headings are no formulas, and their numbers are exact", async () => {
  const selection = new Selection(3, 2);
  selection.all();
  const text = tabbed(await cells(), columns, selection, true);
  assert.equal(text, ["'=Caller\tPrice", "'=1+1\t-1.50", `"'@""x""\ty"\t`, "+34911\t123.4567"].join("\n"));
});

test("cells between areas are blank", async () => {
  const selection = new Selection(3, 2);
  selection.areas = [
    { top: 0, left: 0, bottom: 1, right: 1 },
    { top: 2, left: 1, bottom: 3, right: 2 },
  ];
  assert.equal(tabbed(await cells(), columns, selection, false), "'=1+1\t\n\t123.4567");
});
