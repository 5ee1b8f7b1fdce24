/** Things by their key, and as a list that stays the same object until one of them changes. */
export class Rows<Row> {
  readonly #byKey = new Map<string, Row>();
  #list: readonly Row[] | undefined;

  get(key: string): Row | undefined {
    return this.#byKey.get(key);
  }

  get list(): readonly Row[] {
    this.#list ??= [...this.#byKey.values()];
    return this.#list;
  }

  get size(): number {
    return this.#byKey.size;
  }

  set(key: string, row: Row): void {
    this.#byKey.set(key, row);
    this.#list = undefined;
  }

  remove(key: string): void {
    if (this.#byKey.delete(key)) this.#list = undefined;
  }
}
