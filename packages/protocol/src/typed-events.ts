/** Listeners by event name. `on` returns the way to take the listener off again. */
export interface TypedEvents<Events> {
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void;
}

type Listeners<Events> = { [Name in keyof Events]?: Set<(event: Events[Name]) => void> };

/** Calls listeners at once, in the order they came. One that throws is reported as uncaught and stops neither the others nor the emitter. */
export class Emitter<Events> implements TypedEvents<Events> {
  readonly #listeners: Listeners<Events> = {};

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = (this.#listeners[name] ??= new Set());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  has(name: keyof Events): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0;
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
