/** Adds counts up, and tells the sum at once, then at most once in `everyMs`, and what is left at its end. */
export class SparingCount implements Disposable {
  readonly #everyMs: number;
  readonly #tell: (count: number) => void;
  #count = 0;
  #pause: NodeJS.Timeout | undefined;

  constructor(everyMs: number, tell: (count: number) => void) {
    this.#everyMs = everyMs;
    this.#tell = tell;
  }

  add(count: number): void {
    this.#count += count;
    if (this.#pause === undefined) this.#tellAll();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#pause);
    if (this.#count > 0) this.#tell(this.#count);
  }

  #tellAll(): void {
    if (this.#count === 0) return void (this.#pause = undefined);
    this.#tell(this.#count);
    this.#count = 0;
    this.#pause = setTimeout(() => this.#tellAll(), this.#everyMs);
  }
}
