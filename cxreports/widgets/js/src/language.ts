/** The page's language: texts, plural forms, numbers.
 *
 * The portal's page carries what these scripts say (`cx-texts`); without it, as in JupyterLab and
 * in English, they say what stands in the code. */

interface Catalogue {
  /** CLDR's names of the plural forms, in the order of a text's forms. */
  forms: string[];
  texts: Record<string, string | string[]>;
}

type Values = Record<string, string | number>;

const carried = document.getElementById("cx-texts")?.textContent;
const { forms, texts }: Catalogue = carried ? JSON.parse(carried) : { forms: ["one", "other"], texts: {} };

export const isEnglish = !carried;

/** The language's tag for `Intl`; digits are 0 to 9 everywhere. */
export const TAG = carried ? `${document.documentElement.lang}-u-nu-latn` : "en-GB";

export const isRightToLeft = (): boolean => document.documentElement.dir === "rtl";

const rules = new Intl.PluralRules(TAG);
const parts = new Intl.NumberFormat(TAG, { minimumFractionDigits: 1 }).formatToParts(123456789);
const whole = parts.filter((part) => part.type === "integer");

export const DECIMAL = parts.find((part) => part.type === "decimal")!.value;
export const GROUP = parts.find((part) => part.type === "group")!.value;
/** Digits of a group beyond the first: two in India, else three. */
export const GROUP_DIGITS = whole.at(-2)!.value.length;

const GROUPS = GROUP_DIGITS === 2 ? /\B(?=(\d{2})*\d{3}$)/g : /\B(?=(\d{3})+$)/g;

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
}

/** Say a text; `{name}` in it stands for a value. */
export function t(text: string, values: Values = {}): string {
  const translation = texts[text];
  return filled(typeof translation === "string" ? translation : text, values);
}

/** Say a text in the plural form that a count asks for; `{count}` stands for it. */
export function tn(one: string, many: string, count: number, values: Values = {}): string {
  const translation = texts[one];
  const all = Array.isArray(translation) ? translation : [one, many];
  const form = all[forms.indexOf(rules.select(count))] ?? all.at(-1)!;
  return filled(form, { count: written(String(count)), ...values });
}

/** Write a number, `-1234.50`, as the language has it: the same digits, thousands separated. */
export function written(number: string): string {
  const [, sign, whole, fraction] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(number)!;
  return `${sign}${whole!.replace(GROUPS, GROUP)}${fraction ? DECIMAL + fraction : ""}`;
}
