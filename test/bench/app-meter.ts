// What measures inside the page, as `window.meter`: injected before the app's own code. Times are in ms.

export interface Meter {
  /** the longest task of the main thread since the last call */
  longestBlock(): number;
  /** when a request of this name was first sent to the engine */
  asked(name: string): number;
  /** from `act` to the frame after an element is there (and `is` what was waited for) */
  until(act: () => void, selector: string, is?: (element: Element) => boolean): Promise<number>;
  /**
   * the median frame while the wheel turns over an element's middle, one event per frame, to and fro unless `delta` is
   * given
   */
  wheel(selector: string, ctrl: boolean, frames: number, delta?: number): Promise<number>;
  /** from a key press on the page to it having been handled */
  press(key: string, more?: KeyboardEventInit): void;
  /** from the last character typed to the frame after */
  type(selector: string, text: string): Promise<number>;
  /** the median time a frame's callbacks take while a chart is drawn again and again */
  drawing(selector: string): Promise<number>;
  /** the median time from a click on a row to the frame after */
  select(grid: string, times: number): Promise<number>;
  /** the median time from a key press to the frame after */
  keys(selector: string, key: string, times: number): Promise<number>;
}

function install(): void {
  const blocks: number[] = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) blocks.push(entry.duration);
  }).observe({ type: 'longtask', buffered: true });

  const sent = new Map<string, number>();
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const name = /"name":"(\w+)"/.exec(String(data))?.[1] ?? '';
    if (!sent.has(name)) sent.set(name, performance.now());
    send.call(this, data);
  };

  // How long the callbacks of each frame take, all together.
  let inFrame = 0;
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = callback =>
    request(time => {
      const from = performance.now();
      callback(time);
      inFrame += performance.now() - from;
    });

  const frame = (): Promise<number> => new Promise(resolve => request(resolve));
  /** after the frame that shows what was just done */
  const painted = async (): Promise<void> => {
    await frame();
    await new Promise<void>(resolve => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve();
      port2.postMessage(undefined);
    });
  };
  const median = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const find = (selector: string): HTMLElement => {
    const element = document.querySelector<HTMLElement>(selector);
    if (!element) throw new Error(`nothing on the page is ${selector}`);
    return element;
  };
  const press = (target: EventTarget, key: string, more: KeyboardEventInit = {}): void => {
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
  };
  const turn = (element: HTMLElement, ctrl: boolean, delta: number): void => {
    const box = element.getBoundingClientRect();
    element.dispatchEvent(
      new WheelEvent('wheel', {
        deltaX: ctrl ? 0 : delta / 2,
        deltaY: delta,
        ctrlKey: ctrl,
        clientX: box.left + box.width / 2,
        clientY: box.top + box.height / 2,
        bubbles: true,
        cancelable: true,
      }),
    );
  };

  const meter: Meter = {
    asked: name => sent.get(name) ?? Number.NaN,
    longestBlock: () => Math.max(0, ...blocks.splice(0)),
    async until(act, selector, is = () => true) {
      const from = performance.now();
      act();
      for (;;) {
        const element = document.querySelector(selector);
        if (element && is(element)) break;
        if (performance.now() - from > 60_000) throw new Error(`waited in vain for ${selector}`);
        await frame();
      }
      await painted();
      return performance.now() - from;
    },
    async wheel(selector, ctrl, frames, delta) {
      const element = find(selector);
      const times: number[] = [];
      let before = await frame();
      for (let i = 0; i < frames; i++) {
        turn(element, ctrl, delta ?? (Math.floor(i / 10) % 2 === 0 ? 40 : -40));
        const now = await frame();
        times.push(now - before);
        before = now;
      }
      return median(times);
    },
    press: (key, more) => press(document.body, key, more),
    async type(selector, text) {
      const input = find(selector) as HTMLInputElement;
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
      const times: number[] = [];
      for (let length = Math.max(1, text.length - 4); length <= text.length; length++) {
        const from = performance.now();
        set?.call(input, text.slice(0, length));
        input.dispatchEvent(new InputEvent('input', { bubbles: true }));
        await painted();
        times.push(performance.now() - from);
      }
      return median(times);
    },
    async drawing(selector) {
      const element = find(selector);
      const times: number[] = [];
      for (let i = 0; i < 20; i++) {
        turn(element, true, i % 2 === 0 ? -1 : 1);
        inFrame = 0;
        await painted();
        times.push(inFrame);
      }
      return median(times);
    },
    async select(grid, count) {
      const times: number[] = [];
      const rows = [
        ...document.querySelectorAll<HTMLElement>(`[role="grid"][aria-label="${grid}"] [role="row"]`),
      ];
      for (const row of rows.filter(row => row.querySelector('[role="gridcell"]')).slice(0, count)) {
        const from = performance.now();
        row.click();
        await painted();
        times.push(performance.now() - from);
      }
      return median(times);
    },
    async keys(selector, key, count) {
      const times: number[] = [];
      for (let i = 0; i < count; i++) {
        const from = performance.now();
        press(find(selector), key);
        await painted();
        times.push(performance.now() - from);
      }
      return median(times);
    },
  };
  Object.assign(window, { meter });
}

/** The source of the script to inject. */
export const METER = `(${install})()`;
