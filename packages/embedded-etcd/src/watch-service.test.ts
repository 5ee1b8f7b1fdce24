import { Server, ServerCredentials } from "@grpc/grpc-js";
import { eventually } from "@wayleave/testkit";
import { Etcd3, type IWatchResponse } from "etcd3";
import { afterEach, beforeEach, expect, it } from "vitest";

import { loadEtcdServices } from "./etcd-proto.ts";
import { EtcdState } from "./etcd-state.ts";
import { WatchService } from "./watch-service.ts";

let state: EtcdState;
let service: WatchService;
let server: Server;
let client: Etcd3;

beforeEach(async () => {
  state = new EtcdState();
  service = new WatchService(state, { progressEveryMs: 20 });
  server = new Server();
  server.addService(loadEtcdServices().watch, { watch: service.watch });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  client = new Etcd3({ hosts: `http://127.0.0.1:${port}` });
});

afterEach(() => {
  client.close();
  service.stop();
  server.forceShutdown();
});

it("tells a quiet watch again and again how far the store is, if it asked for that", async () => {
  const stream = await client.watchClient.watch();
  const answers: IWatchResponse[] = [];
  stream.on("error", () => {}); // the cancellation
  stream.on("data", (answer: IWatchResponse) => answers.push(answer));
  stream.write({ create_request: { key: Buffer.from("a"), watch_id: 1, progress_notify: true } });
  stream.write({ create_request: { key: Buffer.from("a"), watch_id: 2 } });
  const noticesFor = (id: string): IWatchResponse[] =>
    answers.filter(({ watch_id, created, events }) => watch_id === id && !created && events.length === 0);
  await eventually(() => expect(noticesFor("1").length).toBeGreaterThan(1));
  state.store.write((transaction) => transaction.put("b", Buffer.of(), "0"));
  await eventually(() => expect(noticesFor("1").at(-1)?.header.revision).toBe("2"));
  expect(noticesFor("2")).toEqual([]);
  stream.cancel();
});
