/** The look that a person chose over the system's: the style sheets' dark rules on, off, or as it is. */

const DARK = "(prefers-color-scheme: dark)";
const chosenRules = new Set<CSSMediaRule>();

function darkRules(): Set<CSSMediaRule> {
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (rule instanceof CSSMediaRule && rule.media.mediaText === DARK) chosenRules.add(rule);
    }
  }
  return chosenRules;
}

export function applyTheme(theme: string): void {
  const media = { light: "not all", dark: "all" }[theme] ?? DARK;
  for (const rule of darkRules()) rule.media.mediaText = media;
  document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
}
