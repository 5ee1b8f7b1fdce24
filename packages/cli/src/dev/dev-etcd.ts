import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";

import { CommandError } from "../exit-codes.ts";

/** The etcd of `dev`: one in this process, or a real one that somebody else runs. */
export interface DevEtcd extends AsyncDisposable {
  /** As `--etcd` takes them. */
  readonly endpoints: string;
  readonly isOn: boolean;
  /** Whether it is ours to stop, and can be. */
  readonly canToggle: boolean;
  /** Stops it, or starts it again with the data that it had. */
  toggle(): Promise<void>;
  destroy(): void;
}

/** Starts an etcd in this process. */
export async function startDevEtcd(port: number): Promise<DevEtcd> {
  const embedded = await startEmbeddedEtcd({ port }).catch((error: unknown) => {
    throw new CommandError("failed", error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  });
  let isOn = true;
  let toggling = Promise.resolve();
  const toggle = async (): Promise<void> => {
    await (isOn ? embedded.stop() : embedded.start());
    isOn = !isOn;
  };
  return {
    endpoints: embedded.endpoint,
    canToggle: true,
    get isOn() {
      return isOn;
    },
    // One after the other, however fast somebody types.
    toggle: () => (toggling = toggling.then(toggle)),
    destroy: () => embedded.destroy(),
    [Symbol.asyncDispose]: () => embedded.close(),
  };
}

/** Takes a real etcd as it is. */
export function useEtcd(endpoints: string): DevEtcd {
  return {
    endpoints,
    isOn: true,
    canToggle: false,
    toggle: () => Promise.resolve(),
    destroy: () => {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
