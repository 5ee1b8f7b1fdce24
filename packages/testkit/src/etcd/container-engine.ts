import { existsSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";

const PROBE_TIMEOUT_MS = 1_000;

/**
 * Finds a container engine that answers, at the places where testcontainers looks. Quick and quiet, as a `docker`
 * client without an engine is common. Resolves with where it is, or undefined.
 */
export async function answeringEngine(): Promise<string | undefined> {
  const answers = await Promise.all(
    candidates().map(async (place) => ((await pings(place)) ? place : undefined)),
  );
  return answers.find((place) => place !== undefined);
}

/** Pulls an image unless it is there; resolves with the reason when that fails. */
export async function pullImage(image: string): Promise<string | undefined> {
  // Loaded only here: it takes half a second.
  const { getContainerRuntimeClient, ImageName } = await import("testcontainers");
  try {
    const client = await getContainerRuntimeClient();
    const name = ImageName.fromString(image);
    if (!(await client.image.exists(name))) await client.image.pull(name);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function candidates(): string[] {
  const { DOCKER_HOST, XDG_RUNTIME_DIR } = process.env;
  if (DOCKER_HOST !== undefined && DOCKER_HOST !== "") return [DOCKER_HOST];
  const uid = process.getuid?.() ?? 0;
  return [
    "/var/run/docker.sock",
    join(XDG_RUNTIME_DIR ?? `/run/user/${uid}`, "docker.sock"),
    join(homedir(), ".docker/run/docker.sock"),
    join(homedir(), ".docker/desktop/docker.sock"),
  ]
    .filter((path) => existsSync(path))
    .map((path) => `unix://${path}`);
}

function pings(place: string): Promise<boolean> {
  const url = URL.parse(place);
  if (url === null) return Promise.resolve(false);
  const target =
    url.protocol === "unix:" ? { socketPath: url.pathname } : { host: url.hostname, port: url.port || 2375 };
  return new Promise((resolve) => {
    const ping = request(
      { ...target, path: "/_ping", agent: false, timeout: PROBE_TIMEOUT_MS },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    ping.on("error", () => resolve(false));
    ping.on("timeout", () => ping.destroy(new Error("no answer")));
    ping.end();
  });
}
