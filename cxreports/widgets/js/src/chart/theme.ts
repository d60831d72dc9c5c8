/** Colours of a chart follow the page: token colours become CSS variables, so that light, dark
 * and a switch between them need no new drawing. */

import tokens from "../../../../charts/tokens.css";

const byColour = new Map<string, string>();
for (const [, name, value] of tokens.matchAll(/--([\w-]+)\s*:\s*(#[0-9a-fA-F]{3,8})\b/g)) {
  const colour = value!.toLowerCase();
  if (!byColour.has(colour)) byColour.set(colour, `var(--${name})`);
}

/** Give the spec with every token colour replaced by its variable. */
export function themed<T>(value: T): T {
  if (typeof value === "string") return (byColour.get(value.toLowerCase()) ?? value) as T;
  if (Array.isArray(value)) return value.map(themed) as T;
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, themed(v)])) as T;
  }
  return value;
}
