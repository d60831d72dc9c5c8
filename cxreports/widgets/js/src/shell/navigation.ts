/** The ways to other pages follow what is chosen on this one: the company, and what its address says. */

/** Let links lead to the pages of the company that is chosen when they are used. */
export function followChoices(company: () => string): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-company-key]")) {
    const key = link.dataset["companyKey"]!;
    const follow = () => {
      // The address says what is shown only once the page has answered.
      if (key === "customer") link.search = location.search;
      else link.search = queryOf(key, company());
    };
    for (const event of ["pointerenter", "pointerdown", "focus", "click"]) {
      link.addEventListener(event, follow);
    }
  }
}

/** Query that names a company; none for all of them. */
export function queryOf(key: string, company: string): string {
  return company && company !== "all" ? `?${new URLSearchParams({ [key]: company })}` : "";
}
