import type { ExplainedDestination, ExplainedInstance, Explanation, Policy } from "@wayleave/router";

import { formatAffinity, formatBalance } from "../arguments/balance.ts";
import { formatDuration } from "../arguments/duration.ts";
import { paint, printable } from "../output/paint.ts";

const WHY_HOST = { decides: "decides", "less-specific": "less specific" } as const;
const WHY_PATH = {
  chosen: "chosen, the longest prefix",
  shorter: "shorter",
  "no-prefix": "no prefix of the path",
} as const;
const WHY_INSTANCE: Readonly<Record<ExplainedInstance["outcome"], string>> = {
  picked: "picked",
  "may-serve": "may serve; not its turn",
  draining: "left out: draining",
  "weight-0": "left out: weight 0",
  "other-version": "left out: another version",
  "other-zone": "may serve; others are nearer",
  suspect: "last choice: its lease ran out, and it may be etcd's fault",
  unshared: "left out: its destination has weight 0",
  gone: "left out: its record is gone",
  tried: "left out: tried already",
  saturated: "left out: at its connection limit",
  ejected: "left out: ejected after failures",
};
const WHY_FAILURE = {
  "unknown-route": "404: no route leads from this host and path",
  "no-instances": "503: the route's apps have no instance that may serve",
  "instances-saturated": "503: every instance is at its connection limit",
} as const;

/** An explanation as lines for people. */
export function renderExplanation(explanation: Explanation, policy: Policy | undefined): string[] {
  const { revision, hosts, paths, otherPaths, route, destinations, picked, failure } = explanation;
  return [
    `${paint("bold", printable(explanation.host + explanation.path))} at revision ${revision}`,
    "",
    ...section(
      "hosts",
      hosts.map(({ host, outcome }) => [host, WHY_HOST[outcome]]),
      "no route has a host that matches",
    ),
    ...section(
      "paths",
      paths.map(({ path, outcome }) => [path, WHY_PATH[outcome]]),
      "none",
    ),
    ...(otherPaths > 0 ? [`  and ${otherPaths} more that are no prefix`] : []),
    `route   ${route === null ? "none" : paint("bold", printable(route.host + route.path))}`,
    ...(policy === undefined ? [] : [`policy  ${formatPolicy(policy)}`]),
    "",
    ...destinations.flatMap(renderDestination),
    picked === null
      ? paint("red", failure === null ? "nobody is picked" : WHY_FAILURE[failure])
      : paint("green", `-> ${printable(picked.app)}/${printable(picked.id)} at ${picked.authority}`),
  ];
}

function section(title: string, rows: readonly (readonly [string, string])[], none: string): string[] {
  if (rows.length === 0) return [`${title.padEnd(7)} ${none}`];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(
    ([name, why], index) =>
      `${(index === 0 ? title : "").padEnd(7)} ${printable(name).padEnd(width)}  ${why}`,
  );
}

function renderDestination({ app, version, share, instances, usesEjected }: ExplainedDestination): string[] {
  const name = printable(version === null ? app : `${app}@${version}`);
  const width = Math.max(0, ...instances.map(({ id }) => id.length));
  return [
    `${paint("bold", name)}  ${Math.round(share * 1000) / 10} % of the route`,
    ...(usesEjected ? ["  more than half of it is ejected, so ejection does not count"] : []),
    ...(instances.length === 0 ? ["  no instance is registered"] : []),
    ...instances.map(
      (instance) =>
        `  ${printable(instance.id).padEnd(width)}  ${whereInstance(instance)}  ${whyInstance(instance)}`,
    ),
    "",
  ];
}

function whereInstance({ protocol, authority }: ExplainedInstance): string {
  return protocol === "http" ? authority : `${protocol}://${authority}`;
}

function whyInstance({ outcome, ejectedForMs, version, tlsFailure }: ExplainedInstance): string {
  const left = ejectedForMs === null ? "" : `, for ${formatDuration(ejectedForMs)} more`;
  const more = left + (tlsFailure === null ? "" : `; its TLS handshake failed: ${printable(tlsFailure)}`);
  const text = `${WHY_INSTANCE[outcome]}${more}${outcome === "other-version" ? ` (${printable(version ?? "none")})` : ""}`;
  return outcome === "picked" ? paint("green", text) : text;
}

function formatPolicy(policy: Policy): string {
  return [
    formatBalance(policy.balance),
    `affinity ${formatAffinity(policy.affinity)}`,
    `${policy.attempts} attempts`,
    `connect ${formatDuration(policy.connectMs)}`,
    `answer ${formatDuration(policy.answerHeadMs)}`,
    ...(policy.https.clientCertificate === "required" ? ["clients must show a certificate"] : []),
  ].join(", ");
}
