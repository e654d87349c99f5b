// Conditions and formulas as MongoDB means them, evaluated in the browser: the same as models/schema does in
// Python. No text is ever run as a program. Values: undefined (missing), null, booleans, BigInt (whole),
// Number (floating point), Exact (decimal), strings, Moment, arrays, Map (documents).
"use strict";

const evaluator = (() => {
  const DIGITS = 34, LEAST = -(2n ** 63n), MOST = 2n ** 63n - 1n, MOST_ADDED = 120000n;

  class Exact { // units · 10^power, as decimal128
    constructor(units, power) { this.units = units; this.power = power; }
    static read(text) {
      const [, sign, whole, part = "", power = "0"] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
      return new Exact(BigInt(sign + (whole + part || "0")), Number(power) - part.length);
    }
    toString() { return `${this.units}e${this.power}`; }
  }
  class Moment { constructor(milliseconds) { this.milliseconds = BigInt(milliseconds); } }

  // From JSON, with MongoDB's extended types.
  function revive(value) {
    if (Array.isArray(value)) return value.map(revive);
    if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
    if (value === null || typeof value !== "object") return value;
    if ("$numberDecimal" in value) return Exact.read(value.$numberDecimal);
    if ("$numberLong" in value) return BigInt(value.$numberLong);
    if ("$numberDouble" in value) return Number(value.$numberDouble);
    if ("$date" in value) return new Moment(value.$date);
    return new Map(Object.entries(value).map(([key, part]) => [key, revive(part)]));
  }

  // Numbers
  const isNumber = (value) => typeof value === "bigint" || typeof value === "number" || value instanceof Exact;
  const isZero = (value) => value instanceof Exact ? value.units === 0n : value == 0;
  const size = (units) => units < 0n ? -units : units;
  const digits = (units) => size(units).toString().length;

  function halfEven(units, divisor) {
    const [above, below] = [size(units) / divisor, size(units) % divisor * 2n];
    const up = below > divisor || (below === divisor && above % 2n === 1n);
    return (units < 0n ? -1n : 1n) * (above + (up ? 1n : 0n));
  }
  function rounded(exact) {
    const over = digits(exact.units) - DIGITS;
    if (over <= 0) return exact;
    const next = new Exact(halfEven(exact.units, 10n ** BigInt(over)), exact.power + over);
    return rounded(next);
  }
  function expanded(float) { // the exact value of a floating point number
    let power = 0;
    while (!Number.isInteger(float)) { float *= 2; power++; }
    return new Exact(BigInt(float) * 5n ** BigInt(power), -power);
  }
  function exactly(value, precise = false) {
    if (value instanceof Exact) return value;
    if (typeof value === "bigint") return new Exact(value, 0);
    return precise ? expanded(value) : Exact.read(value.toPrecision(15));
  }
  function aligned(left, right) {
    const power = Math.min(left.power, right.power);
    return [left, right].map((one) => one.units * 10n ** BigInt(one.power - power)).concat(power);
  }
  function plus(left, right) {
    const [a, b, power] = aligned(left, right);
    return new Exact(a + b, power);
  }
  const fitting = (whole) => whole < LEAST || whole > MOST ? Number(whole) : whole;
  const either = (left, right) => left instanceof Exact || right instanceof Exact;

  function total(numbers) {
    const exact = numbers.filter((one) => one instanceof Exact);
    const rest = numbers.filter((one) => !(one instanceof Exact));
    const floats = rest.some((one) => typeof one === "number");
    if (!exact.length && !floats) return fitting(rest.reduce((sum, one) => sum + one, 0n));
    if (!exact.length && !rest.every((one) => Number.isFinite(Number(one)))) return rest.reduce((sum, one) => sum + Number(one), 0);
    const inexact = rest.reduce((sum, one) => plus(sum, exactly(one, true)), new Exact(0n, 0));
    if (!exact.length) return Number(inexact.toString());
    const sum = exact.reduce((one, other) => rounded(plus(one, other)), new Exact(0n, 0));
    return rounded(plus(sum, rounded(inexact)));
  }
  function average(numbers) {
    if (!numbers.length) return null;
    const sum = total(numbers);
    return sum instanceof Exact ? quotient(sum, new Exact(BigInt(numbers.length), 0)) : Number(sum) / numbers.length;
  }
  function subtract(left, right) {
    if (either(left, right)) {
      const other = exactly(right);
      return rounded(plus(exactly(left), new Exact(-other.units, other.power)));
    }
    return typeof left === "bigint" && typeof right === "bigint" ? fitting(left - right) : Number(left) - Number(right);
  }
  function multiply(left, right) {
    if (either(left, right)) {
      const [a, b] = [exactly(left), exactly(right)];
      return rounded(new Exact(a.units * b.units, a.power + b.power));
    }
    return typeof left === "bigint" && typeof right === "bigint" ? fitting(left * right) : Number(left) * Number(right);
  }
  function quotient(left, right) {
    const more = Math.max(0, DIGITS + 2 + digits(right.units) - digits(left.units));
    const units = size(left.units) * 10n ** BigInt(more), by = size(right.units);
    const found = units / by * 10n + (units % by ? 1n : 0n); // what is left over decides a half
    const sign = (left.units < 0n) === (right.units < 0n) ? 1n : -1n;
    return rounded(new Exact(sign * found, left.power - right.power - more - 1));
  }
  function divide(left, right) {
    if (isZero(right)) return null;
    return either(left, right) ? quotient(exactly(left), exactly(right)) : Number(left) / Number(right);
  }
  function modulo(left, right) {
    if (isZero(right)) return null;
    if (either(left, right)) {
      const [a, b, power] = aligned(exactly(left), exactly(right));
      return rounded(new Exact(a % b, power));
    }
    return typeof left === "bigint" && typeof right === "bigint" ? left % right : Number(left) % Number(right);
  }
  function absolute(value) {
    if (value === LEAST) return null;
    if (value instanceof Exact) return new Exact(size(value.units), value.power);
    return value < 0 ? -value : value;
  }
  function toWhole(value, direction) {
    if (typeof value === "number") return direction < 0 ? Math.floor(value) : Math.ceil(value);
    if (!(value instanceof Exact) || value.power >= 0) return value;
    const unit = 10n ** BigInt(-value.power), whole = value.units / unit, rest = value.units % unit;
    const beyond = direction < 0 ? rest < 0n : rest > 0n;
    return new Exact(whole + (beyond ? BigInt(direction) : 0n), 0);
  }
  function roundTo(value, places) {
    if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return value;
    const exact = exactly(value, true), over = -exact.power - places;
    if (over <= 0) return value;
    const found = new Exact(halfEven(exact.units, 10n ** BigInt(over)), -places);
    return value instanceof Exact ? found : Number(found.toString());
  }

  // Order of types and values
  function rank(value) {
    if (value === undefined) return 0;
    if (value === null) return 1;
    if (isNumber(value)) return 2;
    if (typeof value === "string") return 3;
    if (value instanceof Map) return 4;
    if (Array.isArray(value)) return 5;
    return typeof value === "boolean" ? 8 : 9;
  }
  const sign = (left, right) => left < right ? -1 : left > right ? 1 : 0;

  function compareNumbers(left, right) {
    if (!either(left, right) || !Number.isFinite(left instanceof Exact ? 0 : Number(left)) || !Number.isFinite(right instanceof Exact ? 0 : Number(right))) {
      return sign(left instanceof Exact ? Number(left.toString()) : left, right instanceof Exact ? Number(right.toString()) : right);
    }
    const [a, b] = aligned(...[left, right].map((one) => typeof one === "number" ? rounded(expanded(one)) : exactly(one)));
    return sign(a, b);
  }
  function compareTexts(left, right) { // by code point, not by half of a surrogate pair
    const end = Math.min(left.length, right.length);
    for (let place = 0; place < end; place++) {
      const [a, b] = [left.charCodeAt(place), right.charCodeAt(place)];
      if (a !== b) return sign(a >= 0xd800 && a < 0xe000 ? a + 0x10000 : a, b >= 0xd800 && b < 0xe000 ? b + 0x10000 : b);
    }
    return sign(left.length, right.length);
  }
  function compareAll(left, right) {
    for (let place = 0; place < Math.min(left.length, right.length); place++) {
      const order = compare(left[place], right[place]);
      if (order) return order;
    }
    return sign(left.length, right.length);
  }
  const pairs = (map) => [...map].flatMap(([key, value]) => [BigInt(rank(value)), key, value]);

  function compare(left, right) {
    const byType = sign(rank(left), rank(right));
    if (byType) return byType;
    if (isNumber(left)) return compareNumbers(left, right);
    if (typeof left === "string") return compareTexts(left, right);
    if (Array.isArray(left)) return compareAll(left, right);
    if (left instanceof Map) return compareAll(pairs(left), pairs(right));
    if (left instanceof Moment) return sign(left.milliseconds, right.milliseconds);
    return left === null || left === undefined ? 0 : sign(Number(left), Number(right));
  }
  const equal = (left, right) => compare(left, right) === 0;

  // What is found at a path
  function* reach(node, path) {
    for (let depth = 0; depth < path.length; depth++) {
      if (Array.isArray(node)) { yield* through(node, path.slice(depth)); return; }
      if (!(node instanceof Map) || !node.has(path[depth])) { yield [undefined, false]; return; }
      node = node.get(path[depth]);
    }
    yield [node, false];
  }
  function* through(array, path) {
    for (const [index, element] of array.entries()) {
      if (element instanceof Map) yield* reach(element, path);
      if (path[0] !== String(index)) continue;
      if (path.length === 1) yield [element, true];
      else if (Array.isArray(element)) yield* through(element, path.slice(1));
      else if (element instanceof Map) yield* reach(element, path.slice(1));
    }
  }
  function* candidates(document, path) {
    for (const [value, atIndex] of reach(document, path)) {
      if (Array.isArray(value) && !atIndex) yield* value;
      yield value;
    }
  }
  function valueAt(node, path) {
    if (!path.length) return node;
    if (node instanceof Map) return node.has(path[0]) ? valueAt(node.get(path[0]), path.slice(1)) : undefined;
    if (!Array.isArray(node)) return undefined;
    return node.filter((one) => one instanceof Map).map((one) => valueAt(one, path)).filter((one) => one !== undefined);
  }

  // Conditions
  const isVariable = (operand) => typeof operand === "string" && operand.startsWith("$$");
  const resolve = (operand, variables) => isVariable(operand) ? valueAt(variables, operand.slice(2).split(".")) ?? null : operand;
  const isOperators = (value) => value instanceof Map && [...value.keys()].some((key) => key.startsWith("$"));
  const LOGIC = ["$and", "$or", "$nor", "$expr"];

  const isSame = (found, wanted) => wanted === null ? found === null || found === undefined : equal(found, wanted);
  function isOrdered(found, wanted, holds) {
    if (wanted === null) return holds(0) && (found === null || found === undefined);
    return rank(found) === rank(wanted) && holds(compare(found, wanted));
  }
  const ORDERS = { $gt: (order) => order > 0, $gte: (order) => order >= 0, $lt: (order) => order < 0, $lte: (order) => order <= 0 };
  const patterns = new Map();
  function fits(found, pattern) {
    if (!patterns.has(pattern)) patterns.set(pattern, new RegExp(pattern, "u"));
    return typeof found === "string" && patterns.get(pattern).test(found);
  }
  const TESTS = {
    $eq: (found, operand, variables) => isSame(found, resolve(operand, variables)),
    $in: (found, operand, variables) => {
      const listed = resolve(operand, variables);
      return Array.isArray(listed) && listed.some((item) => isSame(found, resolve(item, variables)));
    },
    $regex: (found, operand) => fits(found, operand),
    $exists: (found) => found !== undefined,
    $size: (found, operand) => Array.isArray(found) && BigInt(found.length) === operand,
    $elemMatch: (found, operand, variables) => Array.isArray(found) && found.some((element) => elementHolds(element, operand, variables)),
  };
  for (const [name, holds] of Object.entries(ORDERS)) {
    TESTS[name] = (found, operand, variables) => isOrdered(found, resolve(operand, variables), holds);
  }
  const OPPOSITE = { $ne: "$eq", $nin: "$in" };

  function elementHolds(element, operand, variables) {
    const keys = [...operand.keys()];
    if (keys.length && keys.every((key) => key.startsWith("$") && !LOGIC.includes(key))) {
      return operatorsHold(operand, (test) => test(element), (test) => test(element), variables);
    }
    const document = Array.isArray(element) ? new Map(element.map((part, index) => [String(index), part])) : element;
    return document instanceof Map && matches(operand, document, variables);
  }
  // `some` asks a test of every value at a path, `whole` of arrays as they are.
  function operatorHolds(name, operand, some, whole, variables) {
    if (name === "$not") return !operatorsHold(operand, some, whole, variables);
    if (OPPOSITE[name]) return !operatorHolds(OPPOSITE[name], operand, some, whole, variables);
    if (name === "$exists") return some((found) => TESTS.$exists(found)) === Boolean(operand);
    if (name === "$all") return operand.length > 0 && operand.every((item) => operatorHolds("$eq", item, some, whole, variables));
    const asked = name === "$size" || name === "$elemMatch" ? whole : some;
    return asked((found) => TESTS[name](found, operand, variables));
  }
  function operatorsHold(value, some, whole, variables) {
    if (!isOperators(value)) return operatorHolds("$eq", value, some, whole, variables);
    return [...value].every(([name, operand]) => operatorHolds(name, operand, some, whole, variables));
  }
  function clauseHolds(key, value, document, variables) {
    if (key === "$and") return value.every((part) => matches(part, document, variables));
    if (key === "$or") return value.some((part) => matches(part, document, variables));
    if (key === "$nor") return !value.some((part) => matches(part, document, variables));
    if (key === "$expr") return isTrue(compute(value, document, variables));
    const path = key.split(".");
    const some = (test) => { for (const found of candidates(document, path)) if (test(found)) return true; return false; };
    const whole = (test) => { for (const [found] of reach(document, path)) if (test(found)) return true; return false; };
    return operatorsHold(value, some, whole, variables);
  }
  const matches = (query, document, variables) => [...query].every(([key, value]) => clauseHolds(key, value, document, variables));

  // Formulas
  const isTrue = (value) => !(value === undefined || value === null || value === false || (isNumber(value) && isZero(value)));
  const spread = (values) => values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
  const present = (value) => value !== null && value !== undefined;
  const ofNumbers = (apply) => (values) => values.every(isNumber) ? apply(...values) : null;
  const extreme = (side) => (values) => {
    const found = spread(values).filter(present);
    return found.length ? found.reduce((one, other) => compare(one, other) * side >= 0 ? one : other) : null;
  };
  const ordering = (holds) => (values) => holds(compare(values[0], values[1]));
  const text = (value) => typeof value === "string" ? value : "";

  const DAY = 86400000;
  function dayOf(value) { // days since 1970, or null
    if (value instanceof Moment) return Math.floor(Number(value.milliseconds) / DAY);
    const found = /^([1-9]\d{3})-(\d\d)(?:-(\d\d)(?:$|T)|$)/.exec(text(value));
    if (!found) return null;
    const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3] ?? 1)];
    const time = new Date(Date.UTC(year, month - 1, day));
    return time.getUTCMonth() === month - 1 && time.getUTCDate() === day ? time.getTime() / DAY : null;
  }
  const dateOf = (days) => new Date(days * DAY);
  function difference(values, operand) {
    const [first, last] = values.map(dayOf);
    if (first === null || last === null) return null;
    if (operand.get("unit") === "day") return BigInt(last - first);
    const years = dateOf(last).getUTCFullYear() - dateOf(first).getUTCFullYear();
    return BigInt(operand.get("unit") === "year" ? years : years * 12 + dateOf(last).getUTCMonth() - dateOf(first).getUTCMonth());
  }
  function later(values, operand) {
    const first = dayOf(values[0]), amount = values[1], unit = operand.get("unit");
    if (first === null || typeof amount !== "bigint" || amount > MOST_ADDED || amount < -MOST_ADDED) return null;
    const added = Number(amount), start = dateOf(first);
    const months = start.getUTCFullYear() * 12 + start.getUTCMonth() + added * (unit === "year" ? 12 : 1);
    const last = new Date(Date.UTC(Math.floor(months / 12), (months % 12 + 12) % 12 + 1, 0)).getUTCDate();
    const found = unit === "day" ? dateOf(first + added)
      : new Date(Date.UTC(Math.floor(months / 12), (months % 12 + 12) % 12, Math.min(start.getUTCDate(), last)));
    const year = found.getUTCFullYear();
    return year >= 1000 && year <= 9999 && (unit === "day" || months >= 12000) ? found.toISOString().slice(0, 10) : null;
  }
  const dayPart = (part) => (values) => {
    const days = dayOf(values[0]);
    return days === null ? null : BigInt(part(dateOf(days)));
  };

  const FUNCTIONS = {
    $eq: ordering((order) => order === 0), $ne: ordering((order) => order !== 0),
    $gt: ordering(ORDERS.$gt), $gte: ordering(ORDERS.$gte), $lt: ordering(ORDERS.$lt), $lte: ordering(ORDERS.$lte),
    $and: (values) => values.every(isTrue),
    $or: (values) => values.some(isTrue),
    $not: (values) => !isTrue(values[0]),
    $in: (values) => Array.isArray(values[1]) && values[1].some((item) => equal(values[0], item)),
    $ifNull: (values) => { const found = values.find(present); return found === undefined ? values[values.length - 1] : found; },
    $add: (values) => values.every(isNumber) ? total(values) : null,
    $subtract: ofNumbers(subtract),
    $multiply: (values) => values.every(isNumber) ? values.reduce(multiply) : null,
    $divide: ofNumbers(divide), $mod: ofNumbers(modulo), $abs: ofNumbers(absolute),
    $floor: ofNumbers((value) => toWhole(value, -1)), $ceil: ofNumbers((value) => toWhole(value, 1)),
    $round: (values) => isNumber(values[0]) ? roundTo(values[0], Number(values[1] ?? 0n)) : null,
    $sum: (values) => total(spread(values).filter(isNumber)),
    $avg: (values) => average(spread(values).filter(isNumber)),
    $min: extreme(-1), $max: extreme(1),
    $size: (values) => Array.isArray(values[0]) ? BigInt(values[0].length) : null,
    $concat: (values) => values.every((value) => typeof value === "string") ? values.join("") : null,
    $toLower: (values) => text(values[0]).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    $strLenCP: (values) => typeof values[0] === "string" ? BigInt([...values[0]].length) : null,
    $substrCP: (values) => [...text(values[0])].slice(Number(values[1]), Number(values[1] + values[2])).join(""),
    $year: dayPart((date) => date.getUTCFullYear()), $month: dayPart((date) => date.getUTCMonth() + 1),
    $dateDiff: difference, $dateAdd: later,
  };
  const NAMED = { $cond: ["if", "then", "else"], $dateDiff: ["startDate", "endDate"], $dateAdd: ["startDate", "amount"] };

  function compute(node, document, variables) {
    if (isVariable(node)) return resolve(node, variables);
    if (typeof node === "string" && node.startsWith("$")) return valueAt(document, node.slice(1).split("."));
    if (Array.isArray(node)) return node.map((part) => compute(part, document, variables) ?? null);
    return node instanceof Map ? call(...[...node][0], document, variables) : node;
  }
  function call(name, operand, document, variables) {
    if (name === "$literal") return operand;
    const nodes = NAMED[name] && operand instanceof Map ? NAMED[name].map((key) => operand.get(key)) : Array.isArray(operand) ? operand : [operand];
    if (name === "$cond") return compute(nodes[isTrue(compute(nodes[0], document, variables)) ? 1 : 2], document, variables);
    return FUNCTIONS[name](nodes.map((part) => compute(part, document, variables)), operand);
  }

  return { Exact, revive, matches, compute, compare, isNumber };
})();
