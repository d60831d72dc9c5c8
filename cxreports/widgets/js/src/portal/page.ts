/** A page and its kernel.
 *
 * A page that nobody has seen for a while gives its kernel back: its process ends, and what it has drawn
 * stays. As soon as it is seen or used again it asks for itself anew, and goes on with the kernel that has
 * made that; what was clicked meanwhile is said to it then. So it does when its kernel was lost, with the
 * connection or with a server that was started again, and when it was sent as an earlier visit had drawn it.
 */

import { isSeen } from "../dom";
import { t } from "../language";
import { wishes } from "../page/live_page";
import { banner } from "../shell/banner";
import { isOver, sayOver } from "../shell/open_page";
import { shell, token } from "../shell/state";
import { Kernel, type Speech } from "./kernel";
import type { Models } from "./models";

/** What the server sends with the page. */
export interface Start {
  base: string;
  /** Empty where the page is as an earlier visit drew it. */
  kernel: string;
  root: string;
  states: Record<string, Record<string, unknown>>;
  /** After so many seconds out of sight a page gives its kernel back. */
  sleeps_after_s: number;
}

/** Header of a page that wants a kernel, and not what an earlier visit drew. */
const ANEW = { "X-Cx-Anew": "1" };
const BUSY_DELAY_MS = 150;
const TRY_AGAIN_MS = 5_000;
/** A page that is asleep is open all the same: as often it keeps the session from idling out. */
const STILL_HERE_MS = 10 * 60_000;

/** What the page holds for its script; null for another page. */
export function startOf(page: Document): Start | null {
  const data = page.getElementById("cx-start")?.textContent;
  return data ? (JSON.parse(data) as Start) : null;
}

export class Page {
  private kernel: Kernel | undefined;
  private isWaking = false;
  private busyTimer: ReturnType<typeof setTimeout> | undefined;
  private sleepTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private start: Start,
    private readonly models: Models,
  ) {
    // Out of sight it can wait: many pages hear of a theme that one of them chose.
    models.wanted = () => {
      if (isSeen()) void this.wake();
    };
    if (start.kernel) this.join();
    else this.rest();
    addEventListener("pagehide", (event) => {
      if (!event.persisted) this.leave();
    });
    document.addEventListener("visibilitychange", () => this.watchOver());
    this.watchOver();
    setInterval(() => void this.stayOpen(), STILL_HERE_MS);
  }

  private join(greet?: () => void): void {
    // One that was left may still hear something.
    const isOurs = () => this.kernel === kernel;
    const kernel: Kernel = new Kernel(this.start.base, this.start.kernel, {
      message: (message) => {
        if (!isOurs()) return;
        if (message.header.msg_type === "status") this.showBusy(message.content.execution_state === "busy");
        else this.models.receive(message);
      },
      open: (again) => {
        banner("");
        // What the kernel said in the meantime is lost.
        if (again) this.models.get(this.start.root)?.send({ resend: true });
      },
      lost: () => {
        if (isOurs()) banner(t("The connection to the server is lost. Trying again…"), t("Reload"));
      },
      gone: (unsaid) => {
        if (isOurs()) this.rest(unsaid);
      },
      dead: async (code) => {
        if (await isOver()) sayOver();
        else banner(ended(code), t("Reload"));
      },
    });
    this.kernel = kernel;
    // Told to whoever looks after the portal, in the browser's tools.
    document.documentElement.dataset["kernel"] = this.start.kernel;
    this.models.join(kernel, greet);
  }

  /** End the kernel. */
  private leave(): void {
    if (!this.kernel) return;
    this.kernel.close();
    this.kernel = undefined;
    const form = new FormData();
    form.set("_xsrf", token());
    navigator.sendBeacon(`${this.start.base}api/kernels/${this.start.kernel}/end`, form);
  }

  private watchOver(): void {
    clearTimeout(this.sleepTimer);
    if (isSeen()) return;
    this.sleepTimer = setTimeout(() => this.sleep(), this.start.sleeps_after_s * 1000);
  }

  private sleep(): void {
    // It may be writing a file that somebody waits for.
    const root = document.documentElement.dataset;
    if ("busy" in root || "delivering" in root) return this.watchOver();
    this.leave();
    this.rest();
  }

  /** Be without a kernel until the page is seen. */
  private rest(unsaid: Speech[] = []): void {
    this.kernel = undefined;
    this.models.part(unsaid);
    document.documentElement.dataset["asleep"] = "";
    if (isSeen()) void this.wake();
  }

  private async wake(): Promise<void> {
    clearTimeout(this.retryTimer);
    if (this.kernel || this.isWaking) return;
    this.isWaking = true;
    this.showBusy(true);
    try {
      await this.ask();
    } finally {
      this.isWaking = false;
    }
  }

  /** Ask for this page once more, and go on with its kernel. */
  private async ask(): Promise<void> {
    const answer = await fetch(location.href, { cache: "no-store", headers: ANEW }).catch(() => null);
    const text = await answer?.text().catch(() => undefined);
    if (!answer || answer.status >= 500 || text === undefined) {
      banner(t("The connection to the server is lost. Trying again…"), t("Reload"));
      // Not all at once, when a server comes back.
      const later = TRY_AGAIN_MS * (1 + Math.random());
      this.retryTimer = setTimeout(() => isSeen() && void this.wake(), later);
      return;
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = startOf(page);
    if (!next) {
      this.showBusy(false);
      if (await isOver()) return sayOver();
      // Why there is no page now: too many are open, say.
      banner(page.querySelector(".cx-banner span")?.textContent || ended(), t("Reload"));
    } else if (isAnother(page)) {
      location.reload();
    } else {
      delete document.documentElement.dataset["asleep"];
      this.models.adopt(this.start.root, next.root, next.states);
      this.start = next;
      this.join(() => this.models.get(next.root)?.send({ hello: wishes() }));
      this.watchOver();
    }
  }

  private async stayOpen(): Promise<void> {
    if ("asleep" in document.documentElement.dataset && (await isOver("session/open"))) sayOver();
  }

  private showBusy(isBusy: boolean): void {
    clearTimeout(this.busyTimer);
    const root = document.documentElement;
    if (isBusy) this.busyTimer = setTimeout(() => (root.dataset["busy"] = ""), BUSY_DELAY_MS);
    else delete root.dataset["busy"];
  }
}

/** Whether somebody else has logged in meanwhile, or the server has got other scripts. */
function isAnother(page: Document): boolean {
  const isOurs = [...page.scripts].some((each) => each.src === import.meta.url);
  const carried = page.getElementById("cx-shell")?.textContent;
  const person = carried ? (JSON.parse(carried) as { person: number }).person : undefined;
  return person !== shell?.person || !isOurs;
}

function ended(code?: number): string {
  if (code === 4003) return t("This page needed too much memory and was ended. Reload it and choose less.");
  if (code === 4004) return t("This page computed for too long and was ended. Reload it and choose less.");
  return t("This page's session has ended.");
}
