/** Things by what identifies them, and as a list that stays the same object until one of them changes. */
export class Rows<Key extends object, Row extends Key> {
  readonly #keyOf: (key: Key) => string;
  readonly #byKey = new Map<string, Row>();
  #list: readonly Row[] | undefined;

  constructor(keyOf: (key: Key) => string) {
    this.#keyOf = keyOf;
  }

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

  /** Puts rows in, in place of those of the same key, and takes others out. */
  change({ upserts, removes }: { readonly upserts: readonly Row[]; readonly removes: readonly Key[] }): void {
    for (const row of upserts) this.#byKey.set(this.#keyOf(row), row);
    for (const key of removes) this.#byKey.delete(this.#keyOf(key));
    this.#list = undefined;
  }

  /** Changes parts of rows; none of those that are gone. */
  merge(parts: readonly (Key & Partial<Row>)[]): void {
    const upserts = parts.flatMap((part) => {
      const row = this.#byKey.get(this.#keyOf(part));
      return row === undefined ? [] : [{ ...row, ...part }];
    });
    if (upserts.length > 0) this.change({ upserts, removes: [] });
  }
}
