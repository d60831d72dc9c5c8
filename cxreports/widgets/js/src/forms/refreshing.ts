/** A part of a page that the server makes anew every few seconds while somebody looks. */

import { isSeen } from "../dom";

const LEAST_S = 1;

/** Whether a part says that it changes no more; what it was waited for opens then. */
function isSettled(shown: HTMLElement): boolean {
  if (!shown.querySelector("[data-settled]")) return false;
  shown.querySelector<HTMLAnchorElement>("a[data-opens]")?.click();
  return true;
}

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
        if (isSettled(shown)) return;
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
