// One line per figure: what, value, the bar it must not pass, the goal.

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export function head() {
  console.log(`${"".padEnd(68)} ${"value".padStart(10)} ${"bar".padStart(9)} ${"goal".padStart(9)}`);
}
export function say(what, value, { bar = "", goal = "" } = {}) {
  console.log(`${what.padEnd(68)} ${String(value).padStart(10)} ${String(bar).padStart(9)} ${String(goal).padStart(9)}`);
}
