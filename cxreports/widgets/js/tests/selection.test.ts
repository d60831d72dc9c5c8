import assert from "node:assert/strict";
import { test } from "node:test";
import { Selection } from "../src/grid/selection";

const at = (row: number, column: number) => ({ row, column });

test("cells from a corner to another are selected in whichever direction", () => {
  const selection = new Selection(10, 5);
  selection.start(at(4, 3));
  selection.extend(at(2, 1));
  assert.deepEqual(selection.areas, [{ top: 2, left: 1, bottom: 5, right: 4 }]);
  assert.deepEqual(selection.active, at(2, 1));
  assert.ok(selection.has(2, 1) && selection.has(4, 3) && !selection.has(5, 3) && !selection.has(4, 4));
});

test("a selection beyond the table ends at its edge", () => {
  const selection = new Selection(3, 2);
  selection.start(at(1, 1));
  selection.extend(at(99, 99));
  assert.deepEqual(selection.areas, [{ top: 1, left: 1, bottom: 3, right: 2 }]);
});

test("the keyboard may stand on the heading, which no area holds", () => {
  const selection = new Selection(3, 2);
  assert.deepEqual(selection.clamped(at(-5, -5)), at(-1, 0));
  selection.start(at(1, 0));
  selection.extend(at(-1, 0));
  assert.deepEqual(selection.areas, [{ top: 0, left: 0, bottom: 2, right: 1 }]);
});

test("an empty table has nothing to select", () => {
  const selection = new Selection(0, 3);
  selection.start(at(0, 0));
  selection.all();
  assert.deepEqual(selection.areas, []);
});

test("whole rows and columns are selected from their number and their heading", () => {
  const selection = new Selection(4, 3);
  selection.start(at(1, 0), "rows");
  selection.extend(at(2, 0));
  assert.deepEqual(selection.areas, [{ top: 1, left: 0, bottom: 3, right: 3 }]);
  selection.start(at(0, 2), "columns", true);
  assert.deepEqual(selection.areas[1], { top: 0, left: 2, bottom: 4, right: 3 });
  selection.widen("rows");
  assert.deepEqual(selection.areas[1], { top: 0, left: 0, bottom: 4, right: 3 });
});

test("areas that overlap or touch are one run of a column, apart they are two", () => {
  const selection = new Selection(20, 3);
  selection.areas = [
    { top: 10, left: 0, bottom: 12, right: 2 },
    { top: 0, left: 1, bottom: 3, right: 3 },
    { top: 2, left: 1, bottom: 5, right: 2 },
    { top: 5, left: 1, bottom: 6, right: 2 },
  ];
  assert.deepEqual(selection.runs(0), [[10, 12]]);
  assert.deepEqual(selection.runs(1), [
    [0, 6],
    [10, 12],
  ]);
  assert.deepEqual(selection.runs(2), [[0, 3]]);
  assert.deepEqual(selection.selectedColumns(), [0, 1, 2]);
});

test("the hull leaves out rows and columns without a selected cell", () => {
  const selection = new Selection(10, 6);
  selection.areas = [
    { top: 1, left: 1, bottom: 3, right: 2 },
    { top: 7, left: 4, bottom: 9, right: 6 },
  ];
  assert.deepEqual(selection.hull(), {
    rows: [1, 2, 7, 8],
    columns: [1, 4, 5],
    areas: [
      { top: 0, left: 0, bottom: 2, right: 1 },
      { top: 2, left: 1, bottom: 4, right: 3 },
    ],
  });
});

test("sorting keeps whole columns alone", () => {
  const selection = new Selection(5, 3);
  selection.areas = [
    { top: 0, left: 0, bottom: 5, right: 1 },
    { top: 1, left: 2, bottom: 5, right: 3 },
  ];
  selection.reordered();
  assert.deepEqual(selection.areas, [{ top: 0, left: 0, bottom: 5, right: 1 }]);
});

test("areas that a smaller table cannot hold go, and the keyboard moves inside", () => {
  const selection = new Selection(10, 4);
  selection.start(at(1, 1));
  selection.start(at(9, 3), "cells", true);
  selection.resize(5, 2);
  assert.deepEqual(selection.areas, [{ top: 1, left: 1, bottom: 2, right: 2 }]);
  assert.deepEqual(selection.active, at(4, 1));
});
