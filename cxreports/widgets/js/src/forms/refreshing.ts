/** A part of a page that the server makes anew every few seconds while somebody looks. */

import { isSeen } from "../dom";

const LEAST_S = 1;

function refreshing(shown: HTMLElement): void {
  const everyMs = 1000 * Math.max(LEAST_S, Number(shown.dataset["everyS"]) || LEAST_S);
  let before = "";
  const again = async (): Promise<void> => {
    if (isSeen()) {
      const answer = await fetch(shown.dataset["refresh"]!, { redirect: "manual", cache: "no-store" }).catch(
        () => null,
      );
      if (answer?.ok) {
        const text = await answer.text();
        // What is selected or has the focus stays while nothing changes.
        if (text !== before) shown.innerHTML = text;
        before = text;
      }
    }
    setTimeout(() => void again(), everyMs);
  };
  setTimeout(() => void again(), everyMs);
}

/** Begin with the parts that say where their contents are made. */
export function refreshParts(): void {
  for (const shown of document.querySelectorAll<HTMLElement>("[data-refresh]")) refreshing(shown);
}
