/** Selected cells as text, onto the clipboard, and files that Python made, into downloads. */

import { h } from "../dom";
import { t } from "../language";
import type { Column, Rows } from "./rows";
import type { Selection } from "./selection";

/** Tab-separated lines with exact values; cells around that are not selected are blank.
 *
 * No text is a formula where it is pasted. */
export function tabbed(rows: Rows, columns: Column[], selection: Selection, headers: boolean): string {
  const hull = selection.hull();
  const single = selection.areas.length === 1;
  const lines = headers ? [hull.columns.map((c) => columns[c]!.label)] : [];
  for (const row of hull.rows) {
    lines.push(
      hull.columns.map((c) => (single || selection.has(row, c) ? rows.exact(row, columns[c]!.name) : "")),
    );
  }
  return lines.map((line) => line.map((text) => quoted(harmless(text))).join("\t")).join("\n");
}

/** Keep a text from being taken for a formula, as in the files that Python writes: with an apostrophe before
 * it, unless it is a plain number such as -1.50 or +34911234567. */
export function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Hosts without https have no clipboard of their own: there the browser copies a hidden field. */
export async function copy(text: string): Promise<void> {
  try {
    if (navigator.clipboard) return await navigator.clipboard.writeText(text);
  } catch {
    // Refused, for example in a frame without the permission.
  }
  const before = document.activeElement as HTMLElement | null;
  const field = h("textarea", { class: "cx-hidden", readonly: true, "aria-hidden": "true" });
  // Where white space is folded, tabs are copied as blanks.
  field.style.cssText = "position: fixed; white-space: pre";
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  if (!done) throw new Error(t("The browser does not let this page copy."));
}

export function download(name: string, type: string, contents: DataView): void {
  const url = URL.createObjectURL(new Blob([contents as BlobPart], { type }));
  const link = h("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers read the file only after the click was handled.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
