/** Widget models of the page: their state, kept in step with the kernel over comms. */

import type { Host, Model, Widget } from "../afm";
import type { Kernel, Message, Speech } from "./kernel";

type State = Record<string, unknown>;
type Callback = (...args: any[]) => void;

const REFERENCE = /^(?:anywidget:|IPY_MODEL_)/;

export class WidgetModel implements Model {
  private readonly listeners = new Map<string, Set<Callback>>();
  private readonly unsaved = new Set<string>();

  constructor(
    /** Of the comm by which Python knows it. */
    public id: string,
    private readonly state: State,
    private readonly models: Models,
  ) {}

  get<T>(name: string): T {
    return this.state[name] as T;
  }

  set(name: string, value: unknown): void {
    if (this.change(name, value)) this.unsaved.add(name);
  }

  save_changes(): void {
    if (!this.unsaved.size) return;
    const state = Object.fromEntries([...this.unsaved].map((n) => [n, this.state[n]]));
    this.unsaved.clear();
    this.models.tell(this, { method: "update", state, buffer_paths: [] });
  }

  send(content: unknown, _?: unknown, buffers?: ArrayBuffer[]): void {
    this.models.tell(this, { method: "custom", content }, buffers);
  }

  on(event: string, callback: Callback): void {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event)!.add(callback);
  }

  off(event?: string | null, callback?: Callback | null): void {
    if (!event) this.listeners.clear();
    else if (callback) this.listeners.get(event)?.delete(callback);
    else this.listeners.delete(event);
  }

  receive(state: State): void {
    for (const [name, value] of Object.entries(state)) this.change(name, value);
  }

  /** Stand for the same widget of another kernel; what is as it was is not drawn again. */
  become(id: string, state: State): void {
    this.id = id;
    for (const [name, value] of Object.entries(state)) {
      if (!references(value).length && !isSame(this.state[name], value)) this.change(name, value);
    }
  }

  emit(event: string, ...args: unknown[]): void {
    this.listeners.get(event)?.forEach((callback) => callback(...args));
  }

  private change(name: string, value: unknown): boolean {
    if (this.state[name] === value) return false;
    this.state[name] = value;
    this.emit(`change:${name}`);
    return true;
  }
}

/** Widgets that a trait's value names, by where in it they stand. */
function references(value: unknown): [string, string][] {
  const held = typeof value === "object" && value !== null && !Array.isArray(value) ? value : { "": value };
  return Object.entries(held).filter(([, each]) => typeof each === "string" && REFERENCE.test(each));
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
}

export class Models {
  /** Called when a widget says something while there is no kernel; it waits for one. */
  wanted: () => void = () => {};
  private kernel: Kernel | undefined;
  private waiting: (() => void)[] = [];
  private readonly byId = new Map<string, WidgetModel>();

  constructor(
    states: Record<string, State>,
    private readonly widgets: Record<string, Widget>,
  ) {
    for (const [id, state] of Object.entries(states)) {
      this.byId.set(id, new WidgetModel(id, state, this));
    }
  }

  /** Speak to a kernel from now on, first of all as `greet` does. */
  join(kernel: Kernel, greet: () => void = () => {}): void {
    this.kernel = kernel;
    greet();
    this.waiting.splice(0).forEach((say) => say());
  }

  /** There is no kernel for now; what was not said to it any more is said to the next one. */
  part(unsaid: Speech[] = []): void {
    this.kernel = undefined;
    for (const [{ comm_id, data }, buffers] of unsaid) {
      const model = this.byId.get(comm_id);
      if (model) this.wait(model, data, buffers);
    }
  }

  /** Go on with the widgets of another kernel, that are the same by their place below the root. */
  adopt(own: string, other: string, states: Record<string, State>): void {
    const found = new Map<string, WidgetModel>();
    const pair = (mine: string, theirs: string): void => {
      const [model, id] = [this.get(mine), theirs.replace(REFERENCE, "")];
      const state = states[id];
      if (!model || !state || found.has(id)) return;
      found.set(id, model);
      for (const [name, value] of Object.entries(state)) {
        const held = new Map(references(model.get(name)));
        for (const [place, reference] of references(value)) pair(held.get(place) ?? "", reference);
      }
    };
    pair(own, other);
    for (const [id, model] of found) {
      this.byId.set(id, model);
      model.become(id, states[id]!);
    }
    for (const model of found.values()) model.emit("adopted");
  }

  tell(model: WidgetModel, data: any, buffers?: ArrayBuffer[]): void {
    if (this.kernel) {
      this.kernel.send({ comm_id: model.id, data }, buffers);
      return;
    }
    this.wait(model, data, buffers);
    this.wanted();
  }

  private wait(model: WidgetModel, data: any, buffers?: ArrayBuffer[]): void {
    this.waiting.push(() => {
      // Another kernel's state has come over what was chosen, and Python does not say back what it is told.
      if (data.state) model.receive(data.state);
      this.tell(model, data, buffers);
    });
  }

  receive(message: Message): void {
    if (message.header.msg_type !== "comm_msg") return;
    const { comm_id: id, data } = message.content;
    const model = this.byId.get(id);
    if (data.method === "update") model?.receive(data.state);
    if (data.method === "custom") model?.emit("msg:custom", data.content, message.buffers);
  }

  get(reference: string): WidgetModel | undefined {
    return this.byId.get(reference.replace(REFERENCE, ""));
  }

  readonly host: Host = {
    getWidget: async (ref) => {
      const model = this.get(ref);
      if (!model) throw new Error(`The page has no widget ${ref}.`);
      const name = model.get<string>("_anywidget_id").split(".").at(-1)!;
      const widget = this.widgets[name];
      if (!widget) throw new Error(`The portal cannot show a ${name}.`);
      return {
        render: async ({ el, signal }) => {
          await widget.render({ model, el, host: this.host, signal });
        },
      };
    },
  };
}
