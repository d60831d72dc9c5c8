/** A page on paper: while the browser prints it, it is laid out as wide as an A4 page, ink on white. */

const root = document.documentElement;
const begins = new Set<() => void>();
const ends = new Set<() => void>();
let theme: string | undefined;

addEventListener("beforeprint", () => {
  if (!root.classList.contains("cx-on-paper")) {
    theme = root.dataset["theme"];
    root.dataset["theme"] = "light";
    root.classList.add("cx-on-paper");
  }
  for (const begin of begins) begin();
});

addEventListener("afterprint", () => {
  if (theme) root.dataset["theme"] = theme;
  else delete root.dataset["theme"];
  root.classList.remove("cx-on-paper");
  for (const end of ends) end();
});

/** Do something before the page is printed, when it is as wide as the paper, and after it. */
export function onPaper(begin: () => void, end: () => void, signal?: AbortSignal): void {
  begins.add(begin);
  ends.add(end);
  signal?.addEventListener("abort", () => {
    begins.delete(begin);
    ends.delete(end);
  });
}
