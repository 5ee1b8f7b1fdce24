import type { Health, HealthReason, InstanceCounts } from "@wayleave/records/api";
import type { JSX } from "preact";

import { toneOfHealth, wordOfHealth } from "../format/states.ts";
import { useKnown } from "../live/known.tsx";
import type { World } from "../live/world.ts";
import { hrefOf } from "../shell/location.ts";
import { Mark } from "./mark.tsx";
import { appHref, certificateHref, routeHref } from "./links.tsx";

/** Health as a mark; why, when one points at it. */
export function HealthMark({ health, isPill = false }: { health: Health; isPill?: boolean }): JSX.Element {
  const why = health.reasons.map(({ text }) => text).join("; ");
  return (
    <Mark
      tone={toneOfHealth(health.level)}
      word={wordOfHealth(health.level)}
      isPill={isPill}
      isShort={!isPill}
      title={why || undefined}
    />
  );
}

/** All that is wrong, the worst first, each leading to the things it is true of. */
export function Reasons({ reasons }: { reasons: readonly HealthReason[] }): JSX.Element {
  return (
    <ul class="reasons">
      {reasons.map((reason) => (
        <li key={reason.code + reason.text}>
          <Mark tone={toneOfHealth(reason.level)} word={wordOfHealth(reason.level)} />
          <span>
            {reason.text}
            <Names reason={reason} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** How many instances get requests, of how many there are. */
export function LiveCount({ counts }: { counts: InstanceCounts }): JSX.Element {
  const live = counts.ready + counts.failing;
  const tone = live === 0 ? "bad-text strong" : live < counts.total ? "warn-text" : "";
  const parts = Object.entries(counts).filter(([word, count]) => word !== "total" && count > 0);
  return (
    <span class={tone} title={parts.map(([word, count]) => `${count} ${word}`).join(", ") || "no instance"}>
      {live}
      <span class="quiet"> of {counts.total}</span>
    </span>
  );
}

function Names({ reason: { names, count, code } }: { reason: HealthReason }): JSX.Element | null {
  const { world } = useKnown();
  if (names.length === 0) return null;
  const list = listHref(code);
  return (
    <span class="names">
      {names.map((name) => {
        const href = hrefOfNamed(world, code, name) ?? list;
        return href === undefined ? (
          <span key={name}>{name}</span>
        ) : (
          <a key={name} href={href}>
            {name}
          </a>
        );
      })}
      {count > names.length &&
        (list === undefined ? (
          <span>and {count - names.length} more</span>
        ) : (
          <a href={list}>and {count - names.length} more</a>
        ))}
    </span>
  );
}

/** Where a thing that a reason names has its page; undefined: it has none. */
function hrefOfNamed({ routes, apps }: World, code: string, name: string): string | undefined {
  if (code.startsWith("certificates-")) return certificateHref(name);
  const route = routes.get(name);
  if (route !== undefined) return routeHref(route);
  return apps.get(name) && appHref(name);
}

/** The list of all that a reason is true of; undefined: there is none. */
function listHref(code: string): string | undefined {
  if (code === "routes-down") return hrefOf(["routes"], { filter: "health:down" });
  if (code === "routes-degraded") return hrefOf(["routes"], { filter: "health:degraded" });
  if (code === "rejected-records" || code === "address-conflicts") return hrefOf(["rejected"]);
  if (code.startsWith("certificates-")) return hrefOf(["certificates"]);
  return undefined;
}
