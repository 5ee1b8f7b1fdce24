// All views: what they are called, where they are, and the key that leads there after `g`.

import type { Status } from "@wayleave/records/api";
import type { JSX } from "preact";

import type { World } from "../live/world.ts";
import { App } from "../views/app.tsx";
import { Apps } from "../views/apps.tsx";
import { EditRoute, Settings } from "../views/edit.tsx";
import { Certificate } from "../views/certificate.tsx";
import { Certificates } from "../views/certificates.tsx";
import { Events } from "../views/events.tsx";
import { Explain } from "../views/explain.tsx";
import { Instance } from "../views/instance.tsx";
import { Instances } from "../views/instances.tsx";
import { Overview } from "../views/overview.tsx";
import { Rejected } from "../views/rejected.tsx";
import { Replicas } from "../views/replicas.tsx";
import { Route } from "../views/route.tsx";
import { Routes } from "../views/routes.tsx";
import { Tap } from "../views/tap.tsx";

/** A view; those with a key stand in the bar at the top, the others under one of them. */
export interface View {
  readonly step: string;
  readonly title: string;
  readonly show: () => JSX.Element;
  readonly key?: string;
  readonly under?: string;
  /** It has a heading of its own. */
  readonly hasHeading?: true;
  /** Stands beside its name; `isBad` when it asks to be looked at. */
  readonly count?: (world: World) => { readonly count: number; readonly isBad: boolean };
}

export const VIEWS: readonly View[] = [
  { step: "", title: "Overview", key: "h", show: Overview },
  {
    step: "routes",
    title: "Routes",
    key: "r",
    show: Routes,
    count: ({ routes }) => ({ count: routes.size, isBad: false }),
  },
  {
    step: "apps",
    title: "Apps",
    key: "a",
    show: Apps,
    count: ({ apps }) => ({ count: apps.size, isBad: false }),
  },
  {
    step: "instances",
    title: "Instances",
    key: "i",
    show: Instances,
    count: ({ instances }) => ({ count: instances.size, isBad: false }),
  },
  {
    step: "certificates",
    title: "Certificates",
    key: "c",
    show: Certificates,
    count: ({ status }) => countCertificates(status),
  },
  { step: "events", title: "Events", key: "e", show: Events },
  { step: "replicas", title: "Replicas", key: "p", show: Replicas },
  {
    step: "rejected",
    title: "Rejected",
    key: "x",
    show: Rejected,
    count: ({ rejected }) => ({ count: rejected.length, isBad: rejected.length > 0 }),
  },
  { step: "explain", title: "Explain", key: "w", show: Explain },
  { step: "tap", title: "Tap", key: "t", show: Tap },
  { step: "settings", title: "Settings", key: "s", hasHeading: true, show: Settings },
  { step: "route", title: "Route", under: "routes", hasHeading: true, show: Route },
  { step: "edit", title: "Edit route", under: "routes", hasHeading: true, show: EditRoute },
  { step: "app", title: "App", under: "apps", hasHeading: true, show: App },
  { step: "instance", title: "Instance", under: "instances", hasHeading: true, show: Instance },
  { step: "certificate", title: "Certificate", under: "certificates", hasHeading: true, show: Certificate },
];

/** Those that ask to be looked at; all, when none does. */
function countCertificates(status: Status | undefined): { count: number; isBad: boolean } {
  const reasons = status?.health.reasons.filter(({ code }) => code.startsWith("certificates-")) ?? [];
  const bad = reasons.reduce((sum, { count }) => sum + count, 0);
  return { count: bad || (status?.certificates ?? 0), isBad: bad > 0 };
}
