/** The part of anywidget's front-end module contract that these widgets use. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Model {
  get<T = unknown>(name: string): T;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: string, callback: (...args: any[]) => void): void;
  off(event?: string | null, callback?: ((...args: any[]) => void) | null): void;
}

export interface Host {
  getWidget(ref: string): Promise<{
    render(view: { el: HTMLElement; signal?: AbortSignal }): Promise<void>;
  }>;
}

export interface RenderProps {
  model: Model;
  el: HTMLElement;
  host?: Host;
  signal?: AbortSignal;
}

export interface Widget {
  render(props: RenderProps): void | (() => void) | Promise<void | (() => void)>;
}

/** Call `draw` now and whenever one of the traits changes; several changes at once draw once. */
export function watch(model: Model, names: string[], draw: () => void, signal?: AbortSignal): void {
  let queued = false;
  const queue = () => {
    if (queued) return;
    queued = true;
    queueMicrotask(() => {
      queued = false;
      if (!signal?.aborted) draw();
    });
  };
  for (const name of names) {
    model.on(`change:${name}`, queue);
    signal?.addEventListener("abort", () => model.off(`change:${name}`, queue));
  }
  draw();
}

/** Set traits and tell Python in one message. */
export function choose(model: Model, values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}
