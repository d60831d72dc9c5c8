/** Searching a list of options: whole words first, then beginnings of words, then what has the letters inside. */

export interface Option {
  value: string;
  label: string;
  hint?: string;
  /** What it is found by beside its label and hint, not shown. */
  words?: string;
}

const [INSIDE, BEGINS, WHOLE] = [1, 2, 3];

/** Text without case, accents and separators; Arabic and Indian vowel signs stay, as they tell words apart. */
export const folded = (text: string): string =>
  text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[_/\s·,()]+/g, " ")
    .trim();

/** How well a text, folded, has a word: 0 for not at all. */
function fit(text: string, word: string): number {
  if (text.includes(` ${word} `)) return WHOLE!;
  if (text.includes(` ${word}`)) return BEGINS!;
  return text.includes(word) ? INSIDE! : 0;
}

/** The options that have every word that was typed, the best first, else in their order. */
export function sought(options: Option[], typed: string): Option[] {
  const words = folded(typed).split(" ").filter(Boolean);
  if (!words.length) return options;
  return options
    .map((option) => {
      const text = ` ${folded(`${option.label} ${option.hint ?? ""} ${option.words ?? ""}`)} `;
      const fits = words.map((word) => fit(text, word));
      return { option, score: fits.includes(0) ? 0 : Math.min(...fits) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ option }) => option);
}
