// Functions that JavaScript lacks or defines otherwise, in double precision.

/** 2/√π · ∫₀ˣ e^(−t²) dt by its series, and by the continued fraction of the complement for larger x. */
export const erf = (x: number): number => {
  if (Number.isNaN(x) || x === 0) return x;
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 200 && Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 200; n > 0; n--) fraction = n / 2 / (size + fraction);
  const complement = Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction));
  return Math.sign(x) * (1 - complement);
};

/** As in C and IEEE 754: 1 to any power is 1, and so is −1 to ±∞. */
export const power = (x: number, y: number): number => {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
};

/** The remainder with the sign of the divisor, a zero included. */
export const modulo = (x: number, y: number): number => {
  const rest = x % y;
  if (rest === 0) return y < 0 || Object.is(y, -0) ? -0 : 0;
  return rest < 0 !== y < 0 ? rest + y : rest;
};
