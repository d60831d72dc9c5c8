/** "Copy as Python": the code that gives a figure, as Python wrote it, onto the clipboard. */

import { copy } from "./grid/clipboard";
import type { Item } from "./grid/menu";
import { t } from "./language";

/** Entry of a menu that copies code, and says so; none where there is no code. */
export function pythonItem(code: string | undefined, say: (text: string) => void): Item[] {
  if (!code) return [];
  const act = () =>
    void copy(code).then(
      () => say(t("Copied as Python.")),
      (error: Error) => say(error.message),
    );
  return [{ label: t("Copy as Python"), act }];
}
