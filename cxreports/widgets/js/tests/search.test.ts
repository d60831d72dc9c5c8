import assert from "node:assert/strict";
import { test } from "node:test";
import { sought, type Option } from "../src/search";

const ZONES: Option[] = [
  {
    value: "Europe/Budapest",
    label: "Europe/Budapest",
    hint: "GMT+1",
    words: "CET · CEST · Ungarn · Hungary",
  },
  {
    value: "America/New_York",
    label: "America/New York",
    hint: "GMT-5",
    words: "US/Eastern · EST · EDT · USA",
  },
  { value: "Asia/Kolkata", label: "Asia/Kolkata", words: "Asia/Calcutta · IST · Indien · India" },
  { value: "Europe/Kyiv", label: "Europe/Kyiv", words: "Europe/Kiev · EET · Київ · Ukraine" },
  { value: "America/Sao_Paulo", label: "America/Sao Paulo", words: "Brazil/East · São Paulo · Brasil" },
  { value: "America/Indiana/Knox", label: "America/Indiana/Knox", words: "CST · CDT" },
];
const found = (typed: string) => sought(ZONES, typed).map(({ value }) => value);

test("abbreviations, old names, countries and cities are found", () => {
  for (const typed of ["Calcutta", "india", "IST", "Indien", "asia/calcutta", "kolk"]) {
    assert.equal(found(typed)[0], "Asia/Kolkata");
  }
  assert.deepEqual(found("Kiev"), ["Europe/Kyiv"]);
  assert.deepEqual(found("київ"), ["Europe/Kyiv"]);
  assert.deepEqual(found("sao paulo"), ["America/Sao_Paulo"]);
  assert.deepEqual(found("São"), ["America/Sao_Paulo"]);
});

test("a whole word comes before the beginning of one, and that before letters inside", () => {
  assert.deepEqual(found("est"), ["America/New_York", "Europe/Budapest"]);
  assert.deepEqual(found("india"), ["Asia/Kolkata", "America/Indiana/Knox"]);
});

test("every word must be there, and no word finds everything in its order", () => {
  assert.deepEqual(found("usa eastern"), ["America/New_York"]);
  assert.deepEqual(found("usa kiev"), []);
  assert.equal(found("  ").length, ZONES.length);
});
