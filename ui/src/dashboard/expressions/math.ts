// The language of math expressions: "$A / $B * 100 > 5 && !is_nan($C)".
//   or: and {"||" and}   and: compare {"&&" compare}   compare: sum {("==" "!=" "<" "<=" ">" ">=") sum}
//   sum: product {("+" "-") product}   product: power {("*" "/" "%") power}   power: unary {"**" unary}
//   unary: ("!" "-") unary | number | "$A" | "${A}" | name "(" [or] ")" | "(" or ")"
import { combine, mapValue, type Binary, type Value } from './values';

const OPERATORS: Record<string, Binary> = {
  '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b, '**': (a, b) => a ** b,
  '==': (a, b) => Number(a === b), '!=': (a, b) => Number(a !== b), '<': (a, b) => Number(a < b), '<=': (a, b) => Number(a <= b),
  '>': (a, b) => Number(a > b), '>=': (a, b) => Number(a >= b),
};
const LEVELS: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!=', '<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%'], ['**']];
const CONSTANTS: Record<string, number> = { nan: NaN, inf: Infinity, infn: -Infinity, null: NaN };
const FUNCTIONS: Record<string, (value: number) => number> = {
  abs: Math.abs, log: Math.log, ceil: Math.ceil, floor: Math.floor,
  round: (value) => (value < 0 ? -Math.round(-value) : Math.round(value)), // halves go away from zero
  is_nan: (value) => Number(Number.isNaN(value)), is_null: (value) => Number(Number.isNaN(value)),
  is_inf: (value) => Number(value === Infinity || value === -Infinity), is_number: (value) => Number(Number.isFinite(value)),
};
const DEPTH_MAX = 100;

// A missing value makes the outcome missing, unless the first side has settled it.
function operator(name: string): Binary {
  if (name === '||') return (a, b) => (a !== 0 && !Number.isNaN(a) ? 1 : Number.isNaN(a) || Number.isNaN(b) ? NaN : Number(b !== 0));
  if (name === '&&') return (a, b) => (a === 0 ? 0 : Number.isNaN(a) || Number.isNaN(b) ? NaN : Number(b !== 0));
  const run = OPERATORS[name]!;
  return (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : run(a, b));
}

type Token = { kind: 'number'; value: number } | { kind: 'variable' | 'name' | 'sign'; text: string };

const TOKEN = /\s*(?:(0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|\$\{([^}]+)\}|\$([A-Za-z_]\w*)|([A-Za-z_]\w*)|(\*\*|\|\||&&|==|!=|<=|>=|[-+*/%<>!()]))/y;

function tokensOf(text: string): Token[] {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    if (text.slice(at).trim() === '') break;
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`"${text.slice(at).trim().slice(0, 20)}" is not understood`);
    const [, number, braced, plain, name, sign] = match;
    if (number !== undefined) out.push({ kind: 'number', value: Number(number) });
    else if (name !== undefined) out.push({ kind: 'name', text: name });
    else if (sign !== undefined) out.push({ kind: 'sign', text: sign });
    else out.push({ kind: 'variable', text: braced ?? plain! });
  }
  return out;
}

// Throws an error that says what is wrong. `read` gives the value of a name, and may throw as well.
export function evaluateMath(text: string, read: (name: string) => Value): Value {
  const tokens = tokensOf(text);
  let at = 0;
  let depth = 0;
  const sign = (...wanted: string[]): string | undefined => {
    const token = tokens[at];
    return token?.kind === 'sign' && wanted.includes(token.text) ? token.text : undefined;
  };
  const expect = (wanted: string): void => {
    if (sign(wanted) === undefined) throw new Error(`"${wanted}" is missing${at < tokens.length ? '' : ' at the end'}`);
    at++;
  };
  const level = (index: number): Value => {
    if (index === LEVELS.length) return unary();
    let left = level(index + 1);
    for (let name = sign(...LEVELS[index]!); name !== undefined; name = sign(...LEVELS[index]!)) {
      at++;
      left = combine(left, level(index + 1), operator(name));
    }
    return left;
  };
  const unary = (): Value => {
    if (++depth > DEPTH_MAX) throw new Error(`more than ${DEPTH_MAX} levels`);
    try {
      const token = tokens[at];
      if (token === undefined) throw new Error('something is missing at the end');
      at++;
      if (token.kind === 'number') return { kind: 'scalar', value: token.value };
      if (token.kind === 'variable') return read(token.text);
      if (token.kind === 'name') return called(token.text);
      if (token.text === '-') return mapValue(unary(), (value) => -value);
      if (token.text === '!') return mapValue(unary(), (value) => (Number.isNaN(value) ? NaN : Number(value === 0)));
      if (token.text !== '(') throw new Error(`"${token.text}" has no left side`);
      const inner = level(0);
      expect(')');
      return inner;
    } finally {
      depth--;
    }
  };
  const called = (name: string): Value => {
    expect('(');
    if (Object.hasOwn(CONSTANTS, name)) {
      expect(')');
      return { kind: 'scalar', value: CONSTANTS[name]! };
    }
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`there is no function "${name}"`);
    const inner = level(0);
    expect(')');
    return mapValue(inner, FUNCTIONS[name]!);
  };
  if (tokens.length === 0) throw new Error('the expression is empty');
  const out = level(0);
  if (at < tokens.length) throw new Error(`"${textOfToken(tokens[at]!)}" follows where the expression should end`);
  return out;
}

function textOfToken(token: Token): string {
  return token.kind === 'number' ? String(token.value) : token.text;
}
