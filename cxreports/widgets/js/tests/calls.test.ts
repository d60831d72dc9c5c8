/** Addresses of the calls behind figures, put together from the parts that Python sends. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { behindCell, behindGraph } from "../src/calls";

const HOUR = 3_600_000;
// The hour from 2 to 3 is there twice.
const GRAPH = {
  base: "cdr?origin=asr",
  clocks: [HOUR, 2 * HOUR, 2 * HOUR, 3 * HOUR],
  edges: [
    "2026-10-25T01:00+02:00",
    "2026-10-25T02:00+02:00",
    "2026-10-25T02:00+01:00",
    "2026-10-25T03:00+01:00",
    "2026-10-25T03:30+01:00",
  ],
};

const ends = (address: string) => [...new URLSearchParams(address.split("?")[1])].slice(1).map(([, v]) => v);

test("a point opens its own bucket", () => {
  assert.deepEqual(ends(behindGraph(GRAPH, { start: HOUR })), GRAPH.edges.slice(0, 2));
  assert.deepEqual(ends(behindGraph(GRAPH, { start: new Date(3 * HOUR) })), GRAPH.edges.slice(3, 5));
});

test("an hour that is there twice opens the one that was clicked", () => {
  assert.deepEqual(ends(behindGraph(GRAPH, { start: 2 * HOUR })), GRAPH.edges.slice(1, 3));
  assert.deepEqual(ends(behindGraph(GRAPH, { start: 2 * HOUR, again: true })), GRAPH.edges.slice(2, 4));
});

test("what is no point opens nothing", () => {
  assert.equal(behindGraph(GRAPH, undefined), "");
  assert.equal(behindGraph(GRAPH, {}), "");
  assert.equal(behindGraph(GRAPH, { start: 5 }), "");
  assert.equal(behindGraph({}, { start: HOUR }), "");
});

test("a bar opens its own calls, the one of all others nothing", () => {
  const ways = { bars: ["cdr?sip=486", ""] };
  assert.equal(behindGraph(ways, { rank: 0 }), "cdr?sip=486");
  assert.equal(behindGraph(ways, { rank: 1 }), "");
  assert.equal(behindGraph(ways, { rank: 7 }), "");
  assert.equal(behindGraph(ways, {}), "");
});

test("a cell opens the calls of its row and column", () => {
  const ways = {
    columns: { attempts: "cdr?origin=summary.attempts" },
    rows: [["2026-11-29T10:00+00:00", "2026-11-29T11:00+00:00"] as [string, string]],
  };
  assert.deepEqual(ends(behindCell(ways, 0, "attempts")), ways.rows[0]);
  assert.equal(behindCell(ways, 0, "start"), "");
  assert.equal(behindCell(ways, 1, "attempts"), "");
  assert.equal(behindCell({}, 0, "attempts"), "");
});
