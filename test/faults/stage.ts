// The platform on which faults are made: three etcd members, two routers and the registrars of twelve instances, each
// behind links of its own to every member, and a load on both routers for both apps that never stops.

import { keysUnder } from "@wayleave/records";
import { type Store, openStore } from "@wayleave/store";
import {
  type EtcdCluster,
  type EtcdMember,
  type Link,
  type Load,
  type LoadResult,
  eventually,
  startEtcd,
  startLink,
  startLoad,
} from "@wayleave/testkit";

import { type RunningReplica, startReplica } from "../cluster.ts";
import { compareTable, expectedTable, routerTable } from "./etcd-content.ts";
import { type Script, startScript } from "./script.ts";

export const APPS = ["blue", "green"] as const;
export const INSTANCES_AN_APP = 6;
/** Routes that change all the time while a fault lasts, so that there is something to miss. */
const CHURNED_ROUTES = 20;
const CHURN_PAUSE_MS = 100;
const LOADS_AN_APP = 2;
/** Between two requests of one client: the machine has to do the faults too. */
const REQUEST_PAUSE_MS = 5;

const keys = keysUnder();

/** How long faults and leases last. */
export interface StageSettings {
  readonly ttlSeconds: number;
  /** The routers' setting; undefined: their own default. */
  readonly shrinkHoldMs?: number;
}

/** What goes to etcd through links of its own. */
export interface Linked {
  /** One for each member, in their order. */
  readonly links: readonly Link[];
}

export type LinkedRouter = RunningReplica & Linked;

/** A process that keeps half of the instances of both apps registered. */
export interface LinkedRegistrars extends Linked {
  /** SIGKILL: their records are left to their leases, the instances live on. */
  kill(): Promise<void>;
}

/** What the clients of both apps have seen. */
export interface Seen {
  readonly requests: number;
  /** Answers other than 200, and requests without an answer; each with how often. */
  readonly failed: Readonly<Record<string, number>>;
  /** Answers of another app's instance. */
  readonly misrouted: number;
}

/** See the head of this file. */
export class Stage {
  readonly etcd: EtcdCluster;
  readonly settings: StageSettings;
  /** An operator's, straight to the members. */
  readonly store: Store;
  readonly #stack = new AsyncDisposableStack();
  #routers: readonly LinkedRouter[] = [];
  #registrars: readonly LinkedRegistrars[] = [];
  #ports: Readonly<Record<string, readonly number[]>> = {};
  #loads = new Map<string, Load>();
  /** The lines of last good values: of the records that a test made bad. */
  readonly lastGood = new Set<string>();

  static async start(settings: StageSettings): Promise<Stage> {
    const stage = new Stage(await startEtcd({ members: 3 }), settings);
    try {
      await stage.#start();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  private constructor(etcd: EtcdCluster, settings: StageSettings) {
    this.etcd = etcd;
    this.settings = settings;
    this.#stack.use(etcd);
    this.store = this.#stack.use(openStore({ endpoints: etcd.endpoints }));
  }

  get routers(): readonly LinkedRouter[] {
    return this.#routers;
  }

  get registrars(): readonly LinkedRegistrars[] {
    return this.#registrars;
  }

  /** The member that leads now. */
  async leader(): Promise<EtcdMember> {
    return eventually(async () => {
      const leading = (await this.store.status()).find(({ isLeader }) => isLeader === true);
      const member = this.etcd.members.find(({ endpoint }) => endpoint === leading?.endpoint);
      if (member === undefined) throw new Error("no member leads");
      return member;
    });
  }

  /** Routes for both apps, twenty more, and the settings: what an operator would apply again after a wipe. */
  async applyRoutes(): Promise<void> {
    const { shrinkHoldMs } = this.settings;
    await this.store.commit([
      ...APPS.map((app) => ({ put: keys.route(`${app}.example`, "/"), value: routeTo(app) })),
      ...Array.from({ length: CHURNED_ROUTES }, (_, number) => ({
        put: keys.route(`r${number}.example`, "/"),
        value: routeTo(APPS[number % 2] ?? ""),
      })),
      ...(shrinkHoldMs === undefined
        ? []
        : [{ put: keys.settings, value: JSON.stringify({ shrinkHoldMs }) }]),
    ]);
  }

  /** Starts a registrar process for each half of the instances, in the place of those that are gone. */
  async startRegistrars(): Promise<void> {
    this.#registrars = await Promise.all([0, 1].map((half) => this.#startRegistrars(half)));
  }

  /** Changes routes for as long as `work` takes, as far as etcd lets it. Gives how many changes there were. */
  async whileRoutesChange(work: () => Promise<void>): Promise<number> {
    const over = new AbortController();
    let changes = 0;
    const churn = async (): Promise<void> => {
      for (let turn = 0; !over.signal.aborted; turn += 1) {
        const put = keys.route(`r${turn % CHURNED_ROUTES}.example`, "/");
        const value = routeTo(APPS[turn % 2] ?? "", { turn: String(turn) });
        // During a fault etcd may not take it. Nobody is told, and nobody has to apply it.
        await this.store.commit([{ put, value }]).then(
          () => (changes += 1),
          () => undefined,
        );
        await pause(CHURN_PAUSE_MS);
      }
    };
    const churning = churn();
    try {
      await work();
    } finally {
      over.abort();
      await churning;
    }
    return changes;
  }

  /**
   * Makes one more change, and waits until the tables of both routers are what etcd holds, with all instances in it.
   * Gives the milliseconds since `from` (by `performance.now()`).
   */
  async convergeMs({ from, withinMs }: { from: number; withinMs: number }): Promise<number> {
    const put = keys.route("last.example", "/");
    await eventually(() => this.store.commit([{ put, value: routeTo("blue") }]), { withinMs });
    await eventually(() => this.#compareTables(), { withinMs, what: "every table is what etcd holds" });
    return performance.now() - from;
  }

  /** What the clients saw until now. */
  seen(): Seen {
    return sum([...this.#loads].map(([app, load]) => seenOf(app, load.result())));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#loads.values()].map((load) => load.stop()));
    await this.#stack.disposeAsync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    await this.applyRoutes();
    const counts = Object.fromEntries(APPS.map((app) => [app, INSTANCES_AN_APP]));
    const apps = await startScript("apps.ts", { APPS: JSON.stringify(counts) });
    this.#stack.defer(() => apps.kill());
    this.#ports = JSON.parse(apps.firstLine);
    await this.startRegistrars();
    this.#routers = await Promise.all([this.#startRouter(), this.#startRouter()]);
    await this.convergeMs({ from: performance.now(), withinMs: 20_000 });
    const ports = this.routers.map(({ port }) => port);
    for (const app of APPS) {
      const load = startLoad({
        ports,
        host: `${app}.example`,
        concurrency: LOADS_AN_APP,
        pauseMs: REQUEST_PAUSE_MS,
      });
      this.#loads.set(app, load);
    }
  }

  async #startRouter(): Promise<LinkedRouter> {
    const links = await this.#startLinks();
    const replica = await startReplica(endpointsOf(links), ["--access-log", "off"]);
    this.#stack.use(replica.command);
    return { ...replica, links };
  }

  async #startRegistrars(half: number): Promise<LinkedRegistrars> {
    const links = await this.#startLinks();
    const instances = Object.entries(this.#ports).flatMap(([app, ports]) =>
      ports.map((port, index) => ({ app, id: String(index), port })).filter((_, index) => index % 2 === half),
    );
    const script: Script = await startScript("registrars.ts", {
      ETCD: endpointsOf(links).join(","),
      TTL: String(this.settings.ttlSeconds),
      INSTANCES: JSON.stringify(instances),
    });
    this.#stack.defer(() => script.kill());
    return { links, kill: () => script.kill() };
  }

  #startLinks(): Promise<Link[]> {
    return Promise.all(
      this.etcd.endpoints.map(async (endpoint) => {
        const { hostname, port } = new URL(endpoint);
        return this.#stack.use(await startLink({ host: hostname, port: Number(port) }));
      }),
    );
  }

  async #compareTables(): Promise<void> {
    const expected = await expectedTable(this.etcd.endpoints);
    const instances = expected.filter((line) => line.startsWith("instance "));
    const missing = APPS.length * INSTANCES_AN_APP - instances.length;
    if (missing > 0) throw new Error(`${missing} instances are not in etcd`);
    for (const { admin } of this.routers) {
      compareTable(await routerTable(admin), { expected, lastGood: this.lastGood });
    }
  }
}

function endpointsOf(links: readonly Link[]): string[] {
  return links.map(({ port }) => `http://127.0.0.1:${port}`);
}

function routeTo(app: string, labels?: Readonly<Record<string, string>>): string {
  return JSON.stringify({ to: [{ app }], ...(labels !== undefined && { labels }) });
}

function seenOf(app: string, { total, byStatus, byBody, errors }: LoadResult): Seen {
  const failed: Record<string, number> = {};
  for (const [status, count] of Object.entries(byStatus)) if (status !== "200") failed[status] = count;
  for (const error of errors) failed[error] = (failed[error] ?? 0) + 1;
  const others = APPS.filter((other) => other !== app);
  const misrouted = Object.entries(byBody).filter(([body]) =>
    others.some((other) => body.startsWith(`${other} `)),
  );
  return { requests: total, failed, misrouted: misrouted.reduce((count, [, each]) => count + each, 0) };
}

function sum(all: readonly Seen[]): Seen {
  const failed: Record<string, number> = {};
  for (const each of all) {
    for (const [what, count] of Object.entries(each.failed)) failed[what] = (failed[what] ?? 0) + count;
  }
  return {
    requests: all.reduce((total, { requests }) => total + requests, 0),
    failed,
    misrouted: all.reduce((total, { misrouted }) => total + misrouted, 0),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
