// What `wayleave routes set` and `wayleave settings set` say of how traffic is treated.

import { type Command, Option } from "commander";

import { parseAffinity, parseBalance } from "../arguments/balance.ts";
import { parseDurationMs } from "../arguments/duration.ts";
import { wholeNumber } from "../arguments/pairs.ts";
import { parsePort } from "./instance-flags.ts";
import { readSource } from "../yaml-source.ts";
import { type JsonObject, joinField } from "../writing/record-json.ts";

/** The options, by their names. */
export interface PolicyFlags {
  readonly balance?: string;
  readonly affinity?: string;
  readonly connectTimeout?: number;
  readonly answerTimeout?: number;
  readonly bodyTimeout?: number;
  readonly attempts?: number;
  readonly httpsRedirect?: "on" | "off";
  readonly httpsPort?: string;
  readonly hsts?: number;
  readonly clientCertificate?: "optional" | "required";
  readonly instanceCa?: string;
  readonly instanceServername?: string;
  readonly instanceIdentity?: "address" | "servername" | "instance-id";
  readonly instanceClientCertificate?: string;
}

/** Adds the options of a policy. */
export function addPolicyOptions(command: Command): void {
  command
    .option(
      "--balance <how>",
      "round-robin, least-connections, power-of-two, hash:header=NAME, hash:cookie=NAME, hash:client-address",
    )
    .option("--affinity <how>", "none, router-cookie or app-cookie:NAME[,NAME]")
    .option("--connect-timeout <duration>", "for the connection to an instance", parseDurationMs)
    .option("--answer-timeout <duration>", "until an answer begins", parseDurationMs)
    .option(
      "--body-timeout <duration>",
      "between two pieces of a body, or messages of a stream",
      parseDurationMs,
    )
    .option("--attempts <n>", "instances that one request may try, the first included", wholeNumber(1))
    .addOption(
      new Option("--https-redirect <on|off>", "send requests without TLS to https").choices(["on", "off"]),
    )
    .option("--https-port <port>", "where clients find https, when that is not 443")
    .option("--hsts <duration>", "tell browsers to come only by https for so long; off: no more", parseHsts)
    .addOption(
      new Option("--client-certificate <how>", "whether clients must show a certificate").choices([
        "optional",
        "required",
      ]),
    )
    .option("--instance-ca <file>", "who may have issued the certificates of instances with TLS, in PEM")
    .option("--instance-servername <host>", "the host that is named to instances with TLS")
    .addOption(
      new Option("--instance-identity <what>", "what certificates of instances must be for").choices([
        "address",
        "servername",
        "instance-id",
      ]),
    )
    .option("--instance-client-certificate <name>", "the certificate that is shown to instances that ask");
}

/** What the options change of a record: a field is replaced, or single fields within it are. */
export interface PolicyChange {
  readonly fields: JsonObject;
  readonly within: Readonly<Record<string, JsonObject>>;
}

/** Reads the options, and the file that they name. */
export async function policyChange(flags: PolicyFlags): Promise<PolicyChange> {
  const { balance, affinity, connectTimeout, answerTimeout, bodyTimeout, attempts, httpsPort } = flags;
  return {
    fields: said({
      balance: balance === undefined ? undefined : parseBalance(balance),
      affinity: affinity === undefined ? undefined : parseAffinity(affinity),
    }),
    within: {
      timeouts: said({ connectMs: connectTimeout, answerHeadMs: answerTimeout, bodyIdleMs: bodyTimeout }),
      retries: said({ attempts }),
      https: said({
        redirect: flags.httpsRedirect === undefined ? undefined : flags.httpsRedirect === "on",
        port: httpsPort === undefined ? undefined : parsePort(httpsPort),
        hstsSeconds: flags.hsts,
        clientCertificate: flags.clientCertificate,
      }),
      instanceTls: said({
        ca: flags.instanceCa === undefined ? undefined : await readSource(flags.instanceCa),
        servername: flags.instanceServername,
        identity: flags.instanceIdentity,
        clientCertificate: flags.instanceClientCertificate,
      }),
    },
  };
}

/** Puts fields into the objects of a record, and keeps what else these hold. */
export function withFieldsWithin(
  record: JsonObject,
  within: Readonly<Record<string, JsonObject>>,
): JsonObject {
  return Object.entries(within)
    .filter(([, fields]) => Object.keys(fields).length > 0)
    .reduce((joined, [name, fields]) => joinField(joined, name, fields), record);
}

function said(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Whole seconds, as RFC 6797 has them. */
function parseHsts(text: string): number {
  return text === "off" ? 0 : Math.ceil(parseDurationMs(text) / 1_000);
}
