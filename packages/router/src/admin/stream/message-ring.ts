import type { StreamMessage, Topic } from "@wayleave/records/api";

const MOST_CHARACTERS = 16 * 1024 * 1024;
const MOST_MESSAGES = 2_000;

/** A message as it goes out, made once for all who listen. */
export interface SentMessage {
  readonly sequence: number;
  readonly topic: Topic;
  readonly text: string;
}

/** The last messages, for those who write slowly or come back. Bounded: what is older is gone. */
export class MessageRing {
  /** Other routers, and this one after its next start, count anew: their sequences are not ours. */
  readonly epoch: string = crypto.randomUUID().slice(0, 8);
  #messages: SentMessage[] = [];
  #characters = 0;
  #sequence = 0;

  /** The sequence of the newest message; 0 before the first. */
  get newest(): number {
    return this.#sequence;
  }

  push(topic: Topic, message: StreamMessage): void {
    this.#sequence += 1;
    const text = `id: ${this.idOf(this.#sequence)}\ndata: ${JSON.stringify(message)}\n\n`;
    this.#messages.push({ sequence: this.#sequence, topic, text });
    this.#characters += text.length;
    let drop = Math.max(0, this.#messages.length - MOST_MESSAGES);
    for (let at = 0; at < drop; at += 1) this.#characters -= this.#messages[at]?.text.length ?? 0;
    while (this.#characters > MOST_CHARACTERS && drop < this.#messages.length - 1) {
      this.#characters -= this.#messages[drop]?.text.length ?? 0;
      drop += 1;
    }
    if (drop > 0) this.#messages.splice(0, drop);
  }

  /** The message with a sequence; undefined when it is gone, or not there yet. */
  at(sequence: number): SentMessage | undefined {
    const oldest = this.#messages[0]?.sequence ?? this.#sequence + 1;
    return this.#messages[sequence - oldest];
  }

  idOf(sequence: number): string {
    return `${this.epoch}.${sequence}`;
  }

  /** The sequence that an id stands for, if all that came after it is still here. */
  resumable(id: string | undefined): number | undefined {
    const [epoch, digits = ""] = id?.split(".") ?? [];
    if (epoch !== this.epoch || !/^\d{1,15}$/.test(digits)) return undefined;
    const sequence = Number(digits);
    if (sequence > this.#sequence) return undefined;
    return sequence === this.#sequence || this.at(sequence + 1) !== undefined ? sequence : undefined;
  }

  /** Nobody listens any more: what comes next is not continued from here. */
  clear(): void {
    this.#messages = [];
    this.#characters = 0;
    this.#sequence += 1;
  }
}
