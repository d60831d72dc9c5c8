/** Rows as Python packs them: Arrow, deflated; the totals are the last row. */

import { decimal, int64, tableFromArrays, tableToIPC, utf8, type DataType } from "@uwdata/flechette";
import { Rows, type Column } from "../src/grid/rows";

export type Value = bigint | string | null;

const TYPES: Record<string, () => DataType> = {
  int: int64,
  text: utf8,
  wide: () => decimal(38, 4, 128),
};

export const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  label: name,
  title: "",
  kind: "number",
  decimals: 0,
  align: "",
  numerator: "",
  denominator: "",
  weight_label: "",
  precision: "second",
  link: "",
  tone: "",
  note: "",
  ...more,
});

/** Rows of columns, by name: how the column is shown, how it is stored, and its values. */
export async function rowsOf(
  cells: Record<string, [Column, keyof typeof TYPES, Value[]]>,
  { totals = false, zone = "UTC", places = {} as Record<string, number> } = {},
): Promise<Rows> {
  const parts = Object.entries(cells);
  const table = tableFromArrays(Object.fromEntries(parts.map(([name, [, , values]]) => [name, values])), {
    types: Object.fromEntries(parts.map(([name, [, type]]) => [name, TYPES[type]!()])),
    useBigInt: true,
    useDecimalInt: true,
  });
  const bytes = tableToIPC(table, { format: "stream" })!;
  const deflated = new Blob([bytes as BlobPart]).stream().pipeThrough(new CompressionStream("deflate"));
  const packed = new Uint8Array(await new Response(deflated).arrayBuffer());
  const count = table.numRows - (totals ? 1 : 0);
  const trait = { key: 1, count, first: 0, totals, places, inline: "" };
  return Rows.unpack(
    packed,
    parts.map(([, [shown]]) => shown),
    trait,
    zone,
  );
}
