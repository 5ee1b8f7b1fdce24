// The one module that knows OpenTelemetry's SDK. It is loaded only where traces are asked for.

import { DiagLogLevel, type Tracer, diag } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  type Resource,
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "pino";

import type { Exchanges } from "../../request/exchange.ts";
import type { ExchangeObserver, ExchangeSummary } from "../../request/exchange-summary.ts";
import { VERSION } from "../../version.ts";
import { type SpanCounts, countSpansInto } from "./span-counts.ts";
import type { TraceSampler, TraceSettings } from "./trace-settings.ts";
import { TracedExchange } from "./traced-exchange.ts";

/** What waits is sent at the end, for as long as this. */
const CLOSE_WITHIN_MS = 3_000;
const LOG_AGAIN_AFTER_MS = 60_000;
const MAX_REASON_LENGTH = 300;

/** Makes spans of exchanges, and sends them to a collector in batches. */
export class Tracing implements AsyncDisposable {
  readonly counts: SpanCounts = { exported: 0, dropped: 0 };
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  #summary: ExchangeSummary | undefined;
  #isDestroyed = false;

  /** `id`: the replica's, which is the spans' `service.instance.id`. */
  constructor(settings: TraceSettings, { id, logger }: { readonly id: string; readonly logger: Logger }) {
    tellTrouble(logger);
    const { maxSpans, maxSpansAtOnce, delayMs } = settings.batch;
    const processor = new BatchSpanProcessor({
      exporter: new OTLPTraceExporter({ url: settings.url, timeoutMillis: settings.timeoutMs }),
      maxQueueSize: maxSpans,
      maxExportBatchSize: maxSpansAtOnce,
      scheduledDelayMillis: delayMs,
      selfObsMeterProvider: countSpansInto(this.counts),
    });
    this.#provider = new TracerProvider({
      resource: resourceOf(id),
      sampler: samplerOf(settings.sampler),
      spanProcessors: [processor],
    });
    this.#tracer = this.#provider.getTracer("wayleave", VERSION);
  }

  /** The same exchanges, with their spans. {@link Tracing.observe} has to be told of each. */
  traced(exchanges: Exchanges): Exchanges {
    const summary = (): ExchangeSummary | undefined => {
      const told = this.#summary;
      this.#summary = undefined;
      return told;
    };
    return {
      open: (head, client) =>
        new TracedExchange(exchanges.open(head, client), { tracer: this.#tracer, head, client, summary }),
      // Of what could not be read there is nothing to tell; the log and the metrics have it.
      refuse: (failure, client, detail) => exchanges.refuse(failure, client, detail),
    };
  }

  /** An {@link ExchangeObserver}: what is told here is what the exchange that is finishing just now was. */
  readonly observe: ExchangeObserver = (summary) => {
    this.#summary = summary;
  };

  /** Sends what waits, for 3 s at most. Never rejects. */
  async close(): Promise<void> {
    if (this.#isDestroyed) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, CLOSE_WITHIN_MS);
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late.promise]);
    clearTimeout(timer);
  }

  /** What waits is lost; what is being sent ends by its own timeout. */
  destroy(): void {
    this.#isDestroyed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function samplerOf({ followsParent, ratio }: TraceSampler): Sampler {
  const root = ratio === 0 ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio);
  return followsParent ? new ParentBasedSampler({ root }) : root;
}

/** Who sends the spans; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have the last word. */
function resourceOf(id: string): Resource {
  const ours = resourceFromAttributes({
    "service.name": "wayleave",
    "service.version": VERSION,
    "service.instance.id": id,
    "process.pid": process.pid,
  });
  return defaultResource()
    .merge(ours)
    .merge(detectResources({ detectors: [envDetector] }));
}

function quiet(): void {}

/** The SDK tells what it cannot send by one logger for the whole process; a collector that is away is told once a minute. */
function tellTrouble(logger: Logger): void {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (reason: string): void => {
    if (performance.now() - toldAt < LOG_AGAIN_AFTER_MS) return;
    toldAt = performance.now();
    logger.warn({ reason: reason.slice(0, MAX_REASON_LENGTH) }, "spans-dropped");
  };
  const sink = { error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(sink, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
