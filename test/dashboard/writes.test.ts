// What the dashboard writes: it says before what will happen, and never writes over what somebody else wrote.

import { TestAuthority, eventually } from "@wayleave/testkit";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { isBrowserThere, newContext, openPage, startBrowser } from "./browser.ts";
import { type Stage, put, startStage } from "./stage.ts";

const authority = new TestAuthority();

describe.skipIf(!isBrowserThere())("writing by the dashboard", () => {
  let browser: Browser;
  let stage: Stage;
  let context: BrowserContext;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    stage = await startStage();
    context = await newContext(browser);
  });
  afterEach(async () => {
    await context.close();
    await stage[Symbol.asyncDispose]();
  });

  it("drains, undrains and evicts an instance, each after saying what it means", async () => {
    const { page } = await openPage(context, stage.at("instances"));
    await page.getByRole("button", { name: "Drain shop/one" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("It gets no new requests.").waitFor();
    await dialog.getByText("draining").waitFor();
    expect(await recordOf("instances/shop/one")).not.toContain("draining");
    await dialog.getByRole("button", { name: "Drain it" }).click();
    await dialog.getByText("Every replica has it.").waitFor();
    expect(await recordOf("instances/shop/one")).toContain('"state":"draining"');
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Undrain shop/one" }).click();
    await dialog.getByRole("button", { name: "Undrain it" }).click();
    await dialog.getByText("Every replica has it.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Evict shop/two" }).click();
    await dialog.getByRole("button", { name: "Evict it" }).click();
    await dialog.getByText("Every replica has it.").waitFor();
    expect(await recordOf("instances/shop/two")).toBeUndefined();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Evict shop/two" }).waitFor({ state: "detached" });
  });

  it("does not write over what was written meanwhile: both are shown, and one is chosen", async () => {
    const { page } = await openPage(context, stage.at("edit?host=shop.example&path=/"));
    const text = page.getByLabel("Record");
    await text.fill('{"to": [{"app": "mine"}]}');
    await page.getByRole("button", { name: "Preview" }).click();
    await page.locator(".diff-after", { hasText: "mine" }).waitFor();
    await put(stage.store, { "routes/shop.example/": { to: [{ app: "theirs" }] } });
    await page.getByRole("button", { name: "Write it" }).click();
    await page.getByText("Somebody else wrote it meanwhile").waitFor();
    expect(await recordOf("routes/shop.example/")).toContain("theirs");
    await page.getByRole("button", { name: "Keep mine" }).click();
    await page.locator(".diff-before", { hasText: "theirs" }).waitFor();
    await page.getByRole("button", { name: "Write it" }).click();
    await page.getByText("Every replica has it.").waitFor();
    expect(await recordOf("routes/shop.example/")).toContain("mine");
  });

  it("makes a route, names each wrong field of one, and removes it", async () => {
    const { page } = await openPage(context, stage.at("edit"));
    await page.getByLabel("Host").fill("new.example");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByLabel("Record").fill('{"to": [], "balance": "best"}');
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("alert").getByText("/balance").waitFor();
    await page.getByLabel("Record").fill('{"to": [');
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText("This is not JSON").waitFor();
    await page.getByLabel("Record").fill('{"to": [{"app": "shop"}]}');
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("button", { name: "Write it" }).click();
    await page.getByText("Every replica has it.").waitFor();
    await page.getByRole("link", { name: "See it" }).click();
    await page.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("button", { name: "Remove it" }).click();
    await page.getByText("Every replica has it.").waitFor();
    expect(await recordOf("routes/new.example/")).toBeUndefined();
  });

  it("changes a route by fields, which show what the text says and keep the rest of it", async () => {
    const record = { to: [{ app: "shop" }], balance: { hash: "client-address" }, labels: { team: "a" } };
    await put(stage.store, { "routes/shop.example/": record });
    const { page } = await openPage(context, stage.at("edit?host=shop.example&path=/"));
    const text = page.getByLabel("Record");
    const written = async (): Promise<unknown> => JSON.parse(await text.inputValue());
    expect(await page.getByLabel("Balance").inputValue()).toBe(JSON.stringify(record.balance));
    await page.getByRole("button", { name: "Add an app" }).click();
    await page.getByLabel("App 2").fill("blog");
    await page.getByLabel("Weight 2").fill("0.5");
    await page.getByLabel("Version 1").fill("v2");
    await page.getByLabel("Requests without TLS").selectOption("sent to https");
    await page.getByLabel("Attempts").fill("2");
    const to = [
      { app: "shop", version: "v2" },
      { app: "blog", weight: 0.5 },
    ];
    expect(await written()).toEqual({ ...record, to, https: { redirect: true }, retries: { attempts: 2 } });
    await page.getByLabel("Requests without TLS").selectOption("as the settings say");
    await page.getByLabel("Attempts").fill("");
    await page.getByLabel("Balance").selectOption("least-connections");
    await page.getByRole("button", { name: "Remove destination 2" }).click();
    const left = { ...record, to: to.slice(0, 1), balance: "least-connections" };
    expect(await written()).toEqual(left);
    await text.fill('{"to": [');
    await page.getByText("The fields are back").waitFor();
    await text.fill(JSON.stringify(left));
    expect(await page.getByLabel("Version 1").inputValue()).toBe("v2");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("button", { name: "Write it" }).click();
    await page.getByText("Every replica has it.").waitFor();
    expect(JSON.parse((await recordOf("routes/shop.example/")) ?? "")).toEqual(left);
  });

  it("takes by fields what else is named: what is hashed, session cookies, what instances prove", async () => {
    const record = { to: [{ app: "shop" }], balance: { hash: { source: "else" } } };
    await put(stage.store, { "routes/shop.example/": { ...record, balance: "power-of-two" } });
    const { page } = await openPage(context, stage.at("edit?host=shop.example&path=/"));
    const text = page.getByLabel("Record");
    const written = async (): Promise<unknown> => JSON.parse(await text.inputValue());
    await text.fill(JSON.stringify(record));
    await page.getByLabel("Balance").getByText("as the text says").waitFor({ state: "attached" });
    await page.getByLabel("Balance").selectOption("hash of a cookie");
    await page.getByLabel("Name of the cookie").fill("sid");
    await page.getByLabel("Affinity").selectOption("app-cookie");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("alert").getByText("/affinity/cookies").waitFor();
    await page.getByLabel("The app's session cookies").pressSequentially("JSESSIONID, other");
    await page.getByLabel("Their certificate is for").selectOption("the server name");
    await page.getByRole("textbox", { name: "Server name" }).fill("apps.internal");
    await page.getByLabel("Certificate shown to them").fill("router");
    await page.getByLabel("Their authorities, in PEM").fill(authority.certificate);
    const wanted = {
      to: record.to,
      balance: { hash: { cookie: "sid" } },
      affinity: { mode: "app-cookie", cookies: ["JSESSIONID", "other"] },
      instanceTls: {
        identity: "servername",
        servername: "apps.internal",
        clientCertificate: "router",
        ca: authority.certificate,
      },
    };
    expect(await written()).toEqual(wanted);
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("button", { name: "Write it" }).click();
    await page.getByText("Every replica has it.").waitFor();
    expect(JSON.parse((await recordOf("routes/shop.example/")) ?? "")).toEqual(wanted);
    await page.reload();
    await page.getByLabel("Name of the cookie").waitFor();
    expect(await page.getByLabel("Affinity").textContent()).not.toContain("as the text says");
    for (const name of ["Server name", "Certificate shown to them", "Their authorities, in PEM"])
      await page.getByRole("textbox", { name }).fill("");
    await page.getByLabel("Their certificate is for").selectOption("as the settings say");
    await page.getByLabel("Balance").selectOption("hash of the client's address");
    await page.getByLabel("Name of the cookie").waitFor({ state: "detached" });
    const { instanceTls: _, ...left } = wanted;
    expect(await written()).toEqual({ ...left, balance: { hash: "client-address" } });
  });

  it("changes the settings of every router", async () => {
    const { page } = await openPage(context, stage.at("settings"));
    await page.getByLabel("Record").fill('{"retries": {"attempts": 2}}');
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("button", { name: "Write it" }).click();
    await page.getByText("Every replica has it.").waitFor();
    await eventually(async () => expect(await recordOf("settings")).toContain('"attempts":2'));
  });

  async function recordOf(key: string): Promise<string | undefined> {
    return (await stage.store.get(`/wayleave/table/${key}`)).record?.value;
  }
});
