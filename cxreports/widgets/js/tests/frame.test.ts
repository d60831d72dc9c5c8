import assert from "node:assert/strict";
import { test } from "node:test";
import { framed } from "../src/chart/frame";

const DRAWN =
  '<svg xmlns="http://www.w3.org/2000/svg" class="marks" width="640" height="200.5" viewBox="0 0 640 200.5"><g/></svg>';
const HEADING = {
  title: "ASR",
  caption: ["Acme <b> & Söhne", "28 Nov to 29 Nov · Europe/Madrid"],
  ink: "#111",
  muted: "#555",
  background: "#fff",
  isRightToLeft: false,
};

test("title, customer, period and zone stand above the drawing, which loses nothing", () => {
  const picture = framed(DRAWN, HEADING);
  const texts = [...picture.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  assert.deepEqual(texts, ["ASR", "Acme &lt;b&gt; &amp; Söhne", "28 Nov to 29 Nov · Europe/Madrid"]);
  const height = Number(/^<svg[^>]* height="([\d.]+)"/.exec(picture)![1]);
  const top = Number(/<svg y="([\d.]+)"/.exec(picture)![1]);
  assert.equal(height, top + 200.5);
  for (const [, y] of picture.matchAll(/<text[^>]* y="([\d.]+)"/g)) assert.ok(Number(y) < top);
  assert.ok(picture.includes('fill="#fff"'));
});

test("from right to left the texts begin at the right", () => {
  const picture = framed(DRAWN, { ...HEADING, isRightToLeft: true });
  assert.equal(picture.match(/<text x="626" direction="rtl"/g)!.length, 3);
});
