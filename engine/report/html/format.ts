// Numbers as the report shows them: always with a unit, binary for memory.

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Three figures: '1.23', '12.3', '123'. */
const figures = (value: number): string =>
  value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);

/** '9.19 MiB'. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (Math.abs(value) >= 1023.5 && unit < BINARY.length - 1) [value, unit] = [value / 1024, unit + 1];
  return unit === 0 ? `${value} B` : `${figures(value)} ${BINARY[unit]}`;
}

/** '1.25 ms'. */
export function timeText(ns: number): string {
  if (ns < 999.5) return `${Math.round(ns)} ns`;
  if (ns < 999.5e3) return `${figures(ns / 1e3)} µs`;
  return ns < 999.5e6 ? `${figures(ns / 1e6)} ms` : `${figures(ns / 1e9)} s`;
}

/** '−1.25 ms', '+3.00 KiB'. */
export const signed = (value: number, text: (value: number) => string): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '−'}${text(Math.abs(value))}`;

/** '0.62×'. */
export const ratioText = (ratio: number | undefined): string =>
  ratio === undefined ? '–' : `${ratio.toFixed(2)}×`;

/** '1,234,567'. */
export const countText = (count: number): string => count.toLocaleString('en');

const DECIMAL = ['', ' k', ' M', ' G', ' T'] as const;

/** '8.60 M'; below a thousand all digits. */
export function shortCountText(count: number): string {
  let [value, unit] = [count, 0];
  while (value >= 999.5 && unit < DECIMAL.length - 1) [value, unit] = [value / 1000, unit + 1];
  return unit === 0 ? countText(value) : `${figures(value)}${DECIMAL[unit]}`;
}
