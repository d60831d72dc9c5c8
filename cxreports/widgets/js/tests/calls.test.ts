/** Addresses of the calls behind figures, put together from the parts that Python sends. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { behindBar, behindBucket, behindCell } from "../src/calls";

// The hour from 2 to 3 is there twice.
const GRAPH = {
  base: "cdr?origin=asr",
  edges: [
    "2026-10-25T01:00+02:00",
    "2026-10-25T02:00+02:00",
    "2026-10-25T02:00+01:00",
    "2026-10-25T03:30+01:00",
  ],
};

const ends = (address: string) => [...new URLSearchParams(address.split("?")[1])].slice(1).map(([, v]) => v);

test("a point opens its own bucket, the second of an hour that is there twice too", () => {
  assert.deepEqual(ends(behindBucket(GRAPH, 0)), GRAPH.edges.slice(0, 2));
  assert.deepEqual(ends(behindBucket(GRAPH, 1)), GRAPH.edges.slice(1, 3));
  assert.deepEqual(ends(behindBucket(GRAPH, 2)), GRAPH.edges.slice(2, 4));
});

test("what is no bucket opens nothing", () => {
  assert.equal(behindBucket(GRAPH, 3), "");
  assert.equal(behindBucket(GRAPH, -1), "");
  assert.equal(behindBucket({}, 0), "");
});

test("a bar opens its own calls, the one of all others nothing", () => {
  const ways = { bars: ["cdr?sip=486", ""] };
  assert.equal(behindBar(ways, 0), "cdr?sip=486");
  assert.equal(behindBar(ways, 1), "");
  assert.equal(behindBar(ways, 7), "");
  assert.equal(behindBar(ways, undefined), "");
  assert.equal(behindBar({}, 0), "");
});

test("a cell opens the calls of its row and column", () => {
  const ways = {
    columns: { attempts: "cdr?origin=summary.attempts" },
    rows: [["2026-11-29T10:00+00:00", "2026-11-29T11:00+00:00"] as [string, string]],
    total: ["2026-11-28T12:00+00:00", "2026-11-29T11:20+00:00"] as [string, string],
  };
  assert.deepEqual(ends(behindCell(ways, 0, "attempts")), ways.rows[0]);
  assert.deepEqual(ends(behindCell(ways, null, "attempts")), ways.total);
  assert.equal(behindCell(ways, null, "start"), "");
  assert.equal(behindCell(ways, 0, "start"), "");
  assert.equal(behindCell(ways, 1, "attempts"), "");
  assert.equal(behindCell({}, 0, "attempts"), "");
});
