/**
 * Changes that are in force and not worked in yet, by the place (an app, a host) that they are of. A large change is put
 * in force at once by this: whoever asks for a place has its changes worked in first, and the rest follows in slices.
 */
export class LateChanges<C> {
  readonly #byPlace = new Map<string, C[]>();

  get isEmpty(): boolean {
    return this.#byPlace.size === 0;
  }

  add(place: string, change: C): void {
    const changes = this.#byPlace.get(place);
    if (changes === undefined) this.#byPlace.set(place, [change]);
    else changes.push(change);
  }

  /** Takes out the changes of a place, in the order in which they came. */
  take(place: string): readonly C[] {
    const changes = this.#byPlace.get(place);
    if (changes === undefined) return [];
    this.#byPlace.delete(place);
    return changes;
  }

  /** Each of the places that there are. */
  places(): Iterable<string> {
    return this.#byPlace.keys();
  }
}
