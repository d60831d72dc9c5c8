/** Panels that a summary opens: Escape closes them and gives the focus back, as does a click elsewhere. */

function drop(details: HTMLDetailsElement): void {
  const close = () => (details.open = false);
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    close();
    details.querySelector("summary")!.focus();
  });
  for (const event of ["pointerdown", "focusin"]) {
    document.addEventListener(event, ({ target }) => {
      if (details.open && !details.contains(target as Node)) close();
    });
  }
}

export function drops(): void {
  document.querySelectorAll<HTMLDetailsElement>("details.cx-drop").forEach(drop);
}
