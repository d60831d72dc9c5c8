import assert from "node:assert/strict";
import { test } from "node:test";
import { divided, exactly, power, rescaled, written } from "../src/grid/number";

test("a power of ten is exact beyond what floating point holds", () => {
  assert.equal(power(0), 1n);
  assert.equal(power(24), 1_000_000_000_000_000_000_000_000n);
});

test("halves are rounded to even, whatever the signs", () => {
  const cases: [above: bigint, below: bigint, quotient: bigint][] = [
    [1n, 2n, 0n],
    [3n, 2n, 2n],
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-1n, 2n, 0n],
    [-3n, 2n, -2n],
    [-5n, 2n, -2n],
    [5n, -2n, -2n],
    [-7n, -2n, 4n],
  ];
  for (const [above, below, quotient] of cases) assert.equal(divided(above, below), quotient);
});

test("what is not a half is rounded to the nearest", () => {
  assert.equal(divided(1n, 3n), 0n);
  assert.equal(divided(2n, 3n), 1n);
  assert.equal(divided(-2n, 3n), -1n);
  // 10^20 + 1 over 2 is a half: 5 × 10^19 is even.
  assert.equal(divided(100_000_000_000_000_000_001n, 2n), 50_000_000_000_000_000_000n);
});

test("a count takes as many decimals as are asked for", () => {
  assert.equal(rescaled(5n, 0, 2), 500n);
  assert.equal(rescaled(12_345n, 3, 2), 1234n); // 12.345
  assert.equal(rescaled(12_355n, 3, 2), 1236n); // 12.355
  assert.equal(rescaled(12_346n, 3, 2), 1235n); // 12.346
});

test("for eyes a number is rounded, its thousands separated", () => {
  assert.equal(written(123_456_789n, 2, 2), "1,234,567.89");
  assert.equal(written(999_995n, 3, 2), "1,000.00"); // 999.995
  assert.equal(written(-1_234n, 0, 0), "-1,234");
  assert.equal(written(7n, 3, 3), "0.007");
  assert.equal(written(-5n, 3, 2), "0.00"); // -0.005 is no negative zero
});

test("for programs a number has every digit but closing zeros, and the least decimals", () => {
  assert.equal(exactly(1_500n, 3, 2), "1.50");
  assert.equal(exactly(1_000n, 3, 0), "1");
  assert.equal(exactly(1_234_567n, 6, 2), "1.234567");
  assert.equal(exactly(-5n, 3, 0), "-0.005");
  assert.equal(exactly(42n, 0, 2), "42"); // a whole number has no decimals to keep
});
