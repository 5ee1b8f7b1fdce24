// One small chart of the last minutes.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

/** One line: what it is called, its values by time, and the colour's name in the theme. */
export interface Line {
  readonly title: string;
  readonly values: readonly (number | null)[];
  readonly colour: string;
}

export interface ChartProps {
  readonly title: string;
  /** Epoch seconds. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
}

const HEIGHT_PX = 156;

/** The chart, with the newest values as text: whoever cannot see it, reads those. */
export function Chart({ title, times, lines, format }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = dataOf(times, lines);
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const draw = (): void => {
      plot.current?.destroy();
      if (place.current !== null)
        plot.current = new uPlot(optionsOf({ lines, format }, place.current), latest.current, place.current);
    };
    draw();
    const resized = new ResizeObserver(([entry]) => {
      if (entry !== undefined) plot.current?.setSize({ width: entry.contentRect.width, height: HEIGHT_PX });
    });
    if (place.current !== null) resized.observe(place.current);
    addEventListener("wayleave-theme", draw);
    return () => {
      resized.disconnect();
      removeEventListener("wayleave-theme", draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [times]);
  return (
    <figure class="sheet chart">
      <figcaption>
        <span class="strong">{title}</span>
        {lines.map((line) => (
          <span key={line.title} class="legend">
            <svg width="10" height="10" aria-hidden="true">
              <rect y="3.5" width="10" height="3" rx="1.5" fill={`var(--${line.colour})`} />
            </svg>
            <span class="quiet">{line.title}</span> {newest(line, format)}
          </span>
        ))}
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
    </figure>
  );
}

// uPlot takes whole numbers of arrays, and changes none of them.
function dataOf(times: readonly number[], lines: readonly Line[]): uPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])];
}

function newest({ values }: Line, format: ChartProps["format"]): string {
  const value = values.at(-1);
  return value === undefined || value === null ? "–" : format(value);
}

function optionsOf(
  { lines, format }: Pick<ChartProps, "lines" | "format">,
  place: HTMLElement,
): uPlot.Options {
  const theme = getComputedStyle(document.documentElement);
  const colour = (name: string): string => theme.getPropertyValue(`--${name}`);
  const grid = { stroke: colour("line"), width: 1 };
  const axis = {
    stroke: colour("quiet"),
    grid,
    ticks: { show: false },
    font: `11px ${theme.getPropertyValue("--font")}`,
  };
  return {
    width: place.clientWidth,
    height: HEIGHT_PX,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.15 : 1] } },
    axes: [
      {
        ...axis,
        size: 28,
        space: 60,
        incrs: [5, 15, 30, 60, 300, 600],
        values: (_, ticks, __, ___, step) => ticks.map((tick) => timeOf(tick, step)),
      },
      { ...axis, size: 62, space: 34, values: (_, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        stroke: colour(line.colour),
        width: 1.5,
        points: { show: false },
      })),
    ],
  };
}

/** A time of day; with its seconds when the next label is less than a minute away. */
function timeOf(epochSeconds: number, stepSeconds: number): string {
  return new Date(epochSeconds * 1_000).toLocaleTimeString("en-GB").slice(0, stepSeconds < 60 ? 8 : 5);
}
