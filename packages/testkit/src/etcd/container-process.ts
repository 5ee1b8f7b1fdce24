import type { ContainerRuntimeClient, StartedNetwork, StartedTestContainer } from "testcontainers";

import { freePort } from "../free-port.ts";
import {
  appendToLog,
  type ClusterPlan,
  type EtcdProcess,
  memberArgs,
  type MemberSignal,
  type MemberUrls,
} from "./etcd-process.ts";

const CLIENT_PORT = 2379;
const PEER_PORT = 2380;

/** Plans the members of a cluster as containers in a network of their own. */
export async function containerProcesses(image: string, plan: ClusterPlan): Promise<EtcdProcess[]> {
  const { Network } = await import("testcontainers");
  const network = await new Network().start();
  const numbers = Array.from({ length: plan.members }, (_, index) => index + 1);
  const all = await Promise.all(numbers.map((number) => containerUrls(number, plan)));
  let left = all.length;
  const removeNetworkAfterLast = async (): Promise<void> => {
    if (--left === 0) await network.stop();
  };
  return all.map((urls) => {
    return new ContainerProcess(image, {
      urls,
      network,
      plan,
      args: memberArgs(urls, all, plan),
      afterRemoval: removeNetworkAfterLast,
    });
  });
}

async function containerUrls(number: number, plan: ClusterPlan): Promise<MemberUrls> {
  const scheme = plan.tls ? "https" : "http";
  const name = `member-${number}`;
  return {
    name,
    listenClient: `${scheme}://0.0.0.0:${CLIENT_PORT}`,
    advertiseClient: `${scheme}://127.0.0.1:${await freePort()}`,
    listenPeer: `http://0.0.0.0:${PEER_PORT}`,
    advertisePeer: `http://${name}:${PEER_PORT}`,
  };
}

type EngineContainer = ReturnType<ContainerRuntimeClient["container"]["getById"]>;

interface ContainerSettings {
  readonly urls: MemberUrls;
  readonly network: StartedNetwork;
  readonly plan: ClusterPlan;
  readonly args: readonly string[];
  readonly afterRemoval: () => Promise<void>;
}

/** An etcd in a container; its data is what it wrote there, so wiping it is to make another container. */
class ContainerProcess implements EtcdProcess {
  readonly name: string;
  readonly endpoint: string;
  readonly #image: string;
  readonly #settings: ContainerSettings;
  #container: EngineContainer | undefined;
  #exited: Promise<void> | undefined;
  #isFrozen = false;
  #log = "";

  constructor(image: string, settings: ContainerSettings) {
    this.name = settings.urls.name;
    this.endpoint = settings.urls.advertiseClient;
    this.#image = image;
    this.#settings = settings;
  }

  get isRunning(): boolean {
    return this.#exited !== undefined;
  }

  get log(): string {
    return this.#log;
  }

  async launch(): Promise<void> {
    this.#log = "";
    const engine = await getEngine();
    const since = Math.floor(Date.now() / 1000);
    if (this.#container !== undefined) await this.#container.start();
    const container = (this.#container ??= engine.getById((await this.#createStarted()).getId()));
    const output = await engine.logs(container, { since });
    output.on("data", (chunk: Buffer) => (this.#log = appendToLog(this.#log, chunk)));
    this.#exited = container.wait().then(() => (this.#exited = undefined));
  }

  async signal(signal: MemberSignal): Promise<void> {
    const container = this.#container;
    if (container === undefined || !this.isRunning) return;
    const freezes = signal === "SIGSTOP";
    // A paused container cannot be killed.
    if (this.#isFrozen && !freezes) await container.unpause();
    if (!this.#isFrozen && freezes) await container.pause();
    this.#isFrozen = freezes;
    if (signal !== "SIGTERM" && signal !== "SIGKILL") return;
    await container.kill({ signal });
    await this.#exited;
  }

  async wipe(): Promise<void> {
    await this.#container?.remove({ force: true, v: true });
    this.#container = undefined;
  }

  async remove(): Promise<void> {
    await this.signal("SIGKILL");
    await this.wipe();
    await this.#settings.afterRemoval();
  }

  async #createStarted(): Promise<StartedTestContainer> {
    const { GenericContainer, Wait } = await import("testcontainers");
    const { urls, network, plan, args } = this.#settings;
    const files = plan.tls ? [plan.tls.ca, plan.tls.certificate, plan.tls.key] : [];
    return new GenericContainer(this.#image)
      .withCommand(["etcd", "--data-dir=/etcd-data", ...args])
      .withNetwork(network)
      .withNetworkAliases(urls.name)
      .withExposedPorts({ container: CLIENT_PORT, host: Number(new URL(urls.advertiseClient).port) })
      .withCopyFilesToContainer(files.map((path) => ({ source: path, target: path })))
      .withWaitStrategy(Wait.forLogMessage(/./)) // whoever launches it waits for its health
      .start();
  }
}

async function getEngine(): Promise<ContainerRuntimeClient["container"]> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  return (await getContainerRuntimeClient()).container;
}
