import { describe, expect, it } from "vitest";

import { authorityOf, hostOf, parseEndpoints, portOf } from "./endpoints.ts";

describe("parseEndpoints", () => {
  it.each([
    ["http://127.0.0.1:2379", ["http://127.0.0.1:2379"]],
    ["http://a:1, https://b:2,", ["http://a:1", "https://b:2"]],
    ["http://etcd", ["http://etcd:2379"]],
    ["http://etcd:80", ["http://etcd:80"]],
    ["https://etcd:443/", ["https://etcd:443"]],
    ["http://[::1]:2379/", ["http://[::1]:2379"]],
    ["http://a:1,http://a:1", ["http://a:1"]],
  ])("reads %s", (text, endpoints) => {
    expect(parseEndpoints(text)).toEqual({ ok: true, value: endpoints });
  });

  it.each([
    ["", "no etcd endpoint is given"],
    [
      "127.0.0.1:2379",
      '"127.0.0.1:2379" is no etcd endpoint: it begins with http:// or https://, like http://127.0.0.1:2379',
    ],
    [
      "unix:///run/etcd",
      '"unix:///run/etcd" is no etcd endpoint: it begins with http:// or https://, like http://127.0.0.1:2379',
    ],
    ["http://", '"http://" is no URL'],
    ["http://a:99999", '"http://a:99999" is no URL'],
    ["http://a:1/v3", '"http://a:1/v3" is no etcd endpoint: nothing may follow the port'],
    ["http://u:p@a:1", "an etcd endpoint holds no user or password: there are settings for them"],
  ])("refuses %s and says why", (text, reason) => {
    expect(parseEndpoints(text)).toEqual({ ok: false, reason });
  });
});

describe("an endpoint", () => {
  it.each([
    ["http://etcd:80", "etcd:80", "etcd", 80],
    ["https://10.0.0.1:2379", "10.0.0.1:2379", "10.0.0.1", 2379],
    ["http://[::1]:2379", "[::1]:2379", "::1", 2379],
  ])("%s has an authority, a host and a port", (endpoint, authority, host, port) => {
    expect([authorityOf(endpoint), hostOf(endpoint), portOf(endpoint)]).toEqual([authority, host, port]);
  });
});
