// The undo log of a search: two growing columns, no objects.

/** What to take back, last first: a key that says what, and the value it had. */
export class Trail {
  length = 0;
  /** of the entry popped last */
  value = 0;
  #keys = new Int32Array(1024);
  #values = new Float64Array(1024);

  push(key: number, value: number): void {
    if (this.length === this.#keys.length) this.#grow();
    this.#keys[this.length] = key;
    this.#values[this.length] = value;
    this.length++;
  }

  pop(): number {
    this.length--;
    this.value = this.#values[this.length] as number;
    return this.#keys[this.length] as number;
  }

  #grow(): void {
    const keys = new Int32Array(this.#keys.length * 2);
    const values = new Float64Array(keys.length);
    keys.set(this.#keys);
    values.set(this.#values);
    this.#keys = keys;
    this.#values = values;
  }
}
