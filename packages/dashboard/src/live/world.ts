// What the page knows: the stream's messages, added up. The shared worker adds them up too, so that a new tab begins with
// all that is known.

import type {
  AppView,
  InstanceView,
  LiveEvent,
  RejectionView,
  ReplicaView,
  RouteView,
  Status,
  StreamMessage,
  Totals,
} from "@wayleave/records/api";

import { Rows } from "./rows.ts";

const MOST_TOTALS = 900;
const MOST_EVENTS = 2_000;
/** Rows in one message to a new tab. */
const ROWS_A_MESSAGE = 5_000;

/** All that the stream has told since its last snapshot. */
export interface World {
  readonly status: Status | undefined;
  /** The server's clock when it told the status, in epoch milliseconds. */
  readonly statusAt: number;
  /** What to add to this machine's clock to get the server's, in milliseconds. */
  readonly clockOffsetMs: number;
  /** A second each, the oldest first. */
  readonly totals: readonly Totals[];
  readonly routes: Rows<RoutePlace, RouteView>;
  readonly apps: Rows<AppName, AppView>;
  readonly instances: Rows<InstancePlace, InstanceView>;
  readonly replicas: readonly ReplicaView[];
  readonly rejected: readonly RejectionView[];
  /** The oldest first. */
  readonly events: readonly LiveEvent[];
}

type RoutePlace = Pick<RouteView, "host" | "path">;
type AppName = Pick<AppView, "app">;
type InstancePlace = Pick<InstanceView, "app" | "id">;

export const routeKey = ({ host, path }: RoutePlace): string => `${host}${path}`;
export const instanceKey = ({ app, id }: InstancePlace): string => `${app}/${id}`;

/** An empty world. */
export function emptyWorld(): World {
  return {
    status: undefined,
    statusAt: 0,
    clockOffsetMs: 0,
    totals: [],
    routes: new Rows(routeKey),
    apps: new Rows(({ app }) => app),
    instances: new Rows(instanceKey),
    replicas: [],
    rejected: [],
    events: [],
  };
}

/** Adds the stream up. A snapshot is put together aside: nobody sees half of one. */
export class WorldBuilder {
  #world = emptyWorld();
  #aside: World | undefined;
  #isWhole = false;

  get world(): World {
    return this.#world;
  }

  /** A snapshot has come, so that what is empty is empty indeed. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  take(message: StreamMessage, receivedAt: number): void {
    if (message.kind === "begin") this.#aside = emptyWorld();
    else if (message.kind === "end") {
      this.#world = this.#aside ?? this.#world;
      this.#aside = undefined;
      this.#isWhole = true;
    } else if (this.#aside === undefined) this.#world = added(this.#world, message, receivedAt);
    else this.#aside = added(this.#aside, message, receivedAt);
  }

  /** What a new tab must be told to know the same. */
  messages(): StreamMessage[] {
    return this.#isWhole ? snapshotOf(this.#world, Date.now() + this.#world.clockOffsetMs) : [];
  }
}

type Told = Exclude<StreamMessage, { kind: "begin" | "end" }>;

/** The world with a message added; lists of rows are changed in place. */
function added(world: World, message: Told, receivedAt: number): World {
  const now = { ...world, clockOffsetMs: message.now - receivedAt };
  switch (message.kind) {
    case "status":
      return { ...now, status: message.status, statusAt: message.now };
    case "totals":
      return { ...now, totals: [...world.totals, ...message.totals].slice(-MOST_TOTALS) };
    case "routes":
      world.routes.change(message);
      return now;
    case "route-figures":
      world.routes.merge(message.figures);
      return now;
    case "apps":
      world.apps.change(message);
      return now;
    case "instances":
      world.instances.change(message);
      return now;
    case "instance-figures":
      world.instances.merge(message.figures);
      return now;
    case "replicas":
      return { ...now, replicas: message.replicas };
    case "rejected":
      return { ...now, rejected: message.rejected };
    case "events":
      return { ...now, events: withEvents(world.events, message.events) };
  }
}

// An event may come again after a resumed connection.
function withEvents(before: readonly LiveEvent[], more: readonly LiveEvent[]): readonly LiveEvent[] {
  const last = before.at(-1)?.sequence ?? 0;
  return [...before, ...more.filter(({ sequence }) => sequence > last)].slice(-MOST_EVENTS);
}

function snapshotOf(world: World, now: number): StreamMessage[] {
  const { status, totals, replicas, rejected, events } = world;
  const rows = { now, removes: [] };
  return [
    { kind: "begin", now, topics: [] },
    ...(status === undefined ? [] : [{ kind: "status" as const, now: world.statusAt, status }]),
    { kind: "totals", now, totals: [...totals] },
    ...slices(world.routes.list).map((upserts) => ({ kind: "routes" as const, ...rows, upserts })),
    ...slices(world.apps.list).map((upserts) => ({ kind: "apps" as const, ...rows, upserts })),
    ...slices(world.instances.list).map((upserts) => ({ kind: "instances" as const, ...rows, upserts })),
    { kind: "replicas", now, replicas: [...replicas] },
    { kind: "rejected", now, rejected: [...rejected] },
    { kind: "events", now, events: [...events] },
    { kind: "end", now },
  ];
}

function slices<Row>(rows: readonly Row[]): Row[][] {
  const count = Math.ceil(rows.length / ROWS_A_MESSAGE);
  return Array.from({ length: count }, (_, at) => rows.slice(at * ROWS_A_MESSAGE, (at + 1) * ROWS_A_MESSAGE));
}
