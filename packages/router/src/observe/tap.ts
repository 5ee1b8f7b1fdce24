// A look at single requests while somebody looks: while nobody does, it is not even in the list of observers.

import type { TapSample } from "@wayleave/records/api";

import type { ExchangeObserver, ExchangeSummary } from "../request/exchange-summary.ts";

const BATCH_MS = 250;

/** What somebody wants to see of requests: all fields that are there must fit. Plain data. */
export interface TapRequest {
  readonly id: number;
  readonly host?: string | undefined;
  readonly app?: string | undefined;
  /** `404`, or a class as `5xx`. */
  readonly status?: string | undefined;
  /** At most so many samples a second. */
  readonly rate: number;
}

/** What came of one {@link TapRequest} since the last batch. Plain data. */
export interface TapBatch {
  readonly id: number;
  readonly samples: readonly TapSample[];
  /** Fitted too, but were above the rate. */
  readonly skipped: number;
}

interface Looker {
  readonly request: TapRequest;
  samples: TapSample[];
  skipped: number;
  /** Samples that may still be taken in this batch; what is left is carried on, so that low rates work too. */
  allowance: number;
}

/** The tap of one data plane. */
export class Tap {
  readonly #observers: ExchangeObserver[];
  readonly #tapped: (batch: TapBatch) => void;
  #lookers: Looker[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `observers` are those of the request path: the tap joins them while it is wanted. */
  constructor(observers: ExchangeObserver[], tapped: (batch: TapBatch) => void) {
    this.#observers = observers;
    this.#tapped = tapped;
  }

  /** These are wanted from now on, and no others. */
  set(requests: readonly TapRequest[]): void {
    const known = new Map(this.#lookers.map((looker) => [looker.request.id, looker]));
    this.#lookers = requests.map(
      (request) =>
        known.get(request.id) ?? { request, samples: [], skipped: 0, allowance: allowanceOf(request) },
    );
    const isWanted = requests.length > 0;
    const at = this.#observers.indexOf(this.#observe);
    if (isWanted && at === -1) this.#observers.push(this.#observe);
    if (!isWanted && at !== -1) this.#observers.splice(at, 1);
    clearInterval(this.#timer);
    if (isWanted) this.#timer = setInterval(() => this.#flush(), BATCH_MS).unref();
  }

  readonly #observe = (summary: ExchangeSummary): void => {
    let sample: TapSample | undefined;
    for (const looker of this.#lookers) {
      if (!fits(looker.request, summary)) continue;
      if (looker.allowance < 1) {
        looker.skipped += 1;
        continue;
      }
      looker.allowance -= 1;
      sample ??= sampleOf(summary);
      looker.samples.push(sample);
    }
  };

  #flush(): void {
    for (const looker of this.#lookers) {
      const { request, samples, skipped } = looker;
      looker.allowance = Math.min(looker.allowance + allowanceOf(request), Math.max(1, allowanceOf(request)));
      if (samples.length + skipped === 0) continue;
      looker.samples = [];
      looker.skipped = 0;
      this.#tapped({ id: request.id, samples, skipped });
    }
  }
}

function allowanceOf({ rate }: TapRequest): number {
  return (rate * BATCH_MS) / 1_000;
}

function fits({ host, app, status }: TapRequest, summary: ExchangeSummary): boolean {
  if (host !== undefined && summary.host !== host && summary.route?.host !== host) return false;
  if (app !== undefined && summary.app !== app) return false;
  if (status === undefined) return true;
  const said = String(summary.status);
  return said === status || `${said[0]}xx` === status;
}

function sampleOf(summary: ExchangeSummary): TapSample {
  const { route } = summary;
  return {
    at: summary.startedAt,
    requestId: summary.requestId,
    client: summary.forwardedClient ?? summary.client.address,
    clientSubject: summary.clientSubject ?? null,
    method: summary.method,
    host: summary.host,
    // A query may hold secrets.
    path: summary.target.split("?", 1)[0] ?? "",
    route: route === undefined ? null : route.host + route.path,
    app: summary.app ?? null,
    instance: summary.instance?.id ?? null,
    status: summary.status,
    failure: summary.failure ?? null,
    attempts: summary.attempts,
    totalMs: rounded(summary.totalMs),
    instanceMs: rounded(summary.instanceMs),
    ownMs: rounded(summary.ownMs),
    bytesIn: summary.bytesIn,
    bytesOut: summary.bytesOut,
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
