// A route's flow as a picture: client -> route and why -> policy -> destinations -> instances with their share.

import type { InstanceView, RouteView } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { formatCount } from "../format/numbers.ts";
import { toneOfCondition } from "../format/states.ts";
import { Shape } from "../parts/mark.tsx";
import { appHref, instanceHref } from "../parts/links.tsx";
import { type Box, type Branch, type FlowLayout, layOutNarrow, layOutWide, leavesOf } from "./layout.ts";
import { policyLines } from "./policy-lines.ts";

const MOST_LEAVES = 8;
const WIDE_PX = 860;
const TITLE_CHAR_PX = 8;
const LINE_CHAR_PX = 6.7;

/** The picture: from left to right where there is room, else from top to bottom. */
export function Flow({
  route,
  instances,
}: {
  route: RouteView;
  instances: readonly InstanceView[];
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(1_100);
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    if (place.current !== null) resized.observe(place.current);
    return () => resized.disconnect();
  }, []);
  const layout = layoutOf(route, instances, width - 2);
  return (
    <section class="sheet" aria-label="Flow">
      <h2>Flow</h2>
      <div class="flow">
        <div ref={place}>
          <svg
            width={layout.width + 2}
            height={layout.height + 4}
            viewBox={`-1 -2 ${layout.width + 2} ${layout.height + 4}`}
            role="group"
            aria-label="From clients to instances"
          >
            {layout.lines.map(({ path, share, isCut }, at) => (
              <path key={at} class={isCut ? "wire cut" : "wire"} d={path} stroke-width={1 + share * 3} />
            ))}
            {layout.boxes.map((box, at) => (
              <BoxView key={at} box={box} />
            ))}
          </svg>
        </div>
      </div>
    </section>
  );
}

function layoutOf(route: RouteView, instances: readonly InstanceView[], width: number): FlowLayout {
  const { host, path, to, figures } = route;
  const sum = to.reduce((total, { weight = 1 }) => total + weight, 0);
  const trunk = [
    { title: "clients", lines: [`${formatCount(figures.requestsPerSecond)} requests/s`] },
    { title: host + path, lines: whyLines(host, path) },
    { title: "policy", lines: policyLines(route) },
  ];
  const branches = to.map((destination): Branch => {
    const share = sum === 0 ? 0 : (destination.weight ?? 1) / sum;
    const version = destination.version === undefined ? "any version" : `version ${destination.version}`;
    return {
      share,
      title: destination.app,
      lines: [version, `${Math.round(share * 100)} % by weight`],
      href: appHref(destination.app),
      leaves: leavesOf(destination, instances, { most: MOST_LEAVES, hrefOf: instanceHref }),
    };
  });
  return (width < WIDE_PX ? layOutNarrow : layOutWide)(trunk, branches, width);
}

/** Why a request comes to this route: how its host and its path are matched. */
function whyLines(host: string, path: string): string[] {
  const byHost =
    host === "*"
      ? "any other host"
      : host.startsWith("*.")
        ? "hosts below, longest suffix"
        : "this host exactly";
  return [byHost, path === "/" ? "paths without a longer route" : "this path and below"];
}

function BoxView({ box }: { box: Box }): JSX.Element {
  const { x, y, width, height, title, lines, href, condition } = box;
  const tone = condition === undefined || condition === "none" ? undefined : toneOfCondition(condition);
  const inset = tone === undefined ? 12 : 30;
  const room = width - inset - 8;
  const first = y + (height - lines.length * 16) / 2 + 4;
  const content = (
    <>
      <rect x={x} y={y} width={width} height={height} rx="6" class={`box ${condition ?? "trunk"}`} />
      {tone !== undefined && (
        <svg x={x + 11} y={y + height / 2 - 6} width="12" height="12" overflow="visible">
          <Shape tone={tone} />
        </svg>
      )}
      <text x={x + inset} y={first} class="box-title">
        {cut(title, room / TITLE_CHAR_PX)}
      </text>
      {lines.map((line, at) => (
        <text key={line} x={x + inset} y={first + 16 * (at + 1)} class="box-line">
          {cut(line, room / LINE_CHAR_PX)}
        </text>
      ))}
      <title>{[title, ...lines].join("\n")}</title>
    </>
  );
  return href === undefined ? <g>{content}</g> : <a href={href}>{content}</a>;
}

/** `room`: in letters. */
function cut(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, Math.max(1, Math.floor(room) - 1))}…` : text;
}
