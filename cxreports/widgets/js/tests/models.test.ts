import assert from "node:assert/strict";
import { test } from "node:test";

import type { Kernel } from "../src/portal/kernel";
import { Models } from "../src/portal/models";

const states = (prefix: string, more: Record<string, unknown> = {}) => ({
  [`${prefix}root`]: { parts: { bar: `anywidget:${prefix}bar` }, graphs: [1, 2], note: { a: 1 } },
  [`${prefix}bar`]: { balance: "1.00", ...more },
});

function heard(): { kernel: Kernel; said: [string, unknown][] } {
  const said: [string, unknown][] = [];
  const send = ({ comm_id, data }: any) => said.push([comm_id, data.state ?? data.content]);
  return { kernel: { send } as unknown as Kernel, said };
}

test("what is said without a kernel waits for the next one, and is said to the widget that it has", () => {
  const models = new Models(states("a-"), {});
  const bar = models.get("anywidget:a-bar")!;
  const first = heard();
  models.join(first.kernel);
  bar.send("one");
  let wanted = 0;
  models.wanted = () => (wanted += 1);
  models.part();
  bar.set("balance", "9.00");
  bar.save_changes();
  assert.equal(wanted, 1);
  models.adopt("a-root", "anywidget:b-root", states("b-"));
  const second = heard();
  models.join(second.kernel, () => models.get("b-root")!.send("hello"));
  assert.equal(bar.get("balance"), "9.00");
  assert.deepEqual(first.said, [["a-bar", "one"]]);
  assert.deepEqual(second.said, [
    ["b-root", "hello"],
    ["b-bar", { balance: "9.00" }],
  ]);
});

test("only what is not as it was is told to those who draw it", () => {
  const models = new Models(states("a-"), {});
  const told: string[] = [];
  for (const name of ["parts", "graphs", "note"]) {
    models.get("a-root")!.on(`change:${name}`, () => told.push(name));
  }
  models.get("a-bar")!.on("change:balance", () => told.push("balance"));
  models.adopt("a-root", "b-root", states("b-"));
  assert.deepEqual(told, []);
  models.adopt("b-root", "c-root", states("c-", { balance: "2.00" }));
  assert.deepEqual(told, ["balance"]);
  // A reference of before still leads to it.
  assert.equal(models.get("a-bar"), models.get("c-bar"));
});

test("what a kernel was not told before it was lost is told to the next one", () => {
  const models = new Models(states("a-"), {});
  models.join(heard().kernel);
  models.part([[{ comm_id: "a-bar", data: { method: "update", state: { balance: "3.00" } } }, []]]);
  models.adopt("a-root", "b-root", states("b-"));
  const next = heard();
  models.join(next.kernel);
  assert.deepEqual(next.said, [["b-bar", { balance: "3.00" }]]);
  assert.equal(models.get("b-bar")!.get("balance"), "3.00");
});
