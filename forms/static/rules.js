// The rules of a page, at once: questions appear and go, “required” follows, values are calculated. The server
// decides; it gave the rules as data (#rules), and evaluator.js knows what they mean.
"use strict";

(() => {
  const block = document.getElementById("rules"), form = document.querySelector("form[data-guard]");
  if (!block || !form) return;
  const { fields, answers, variables, texts } = JSON.parse(block.textContent);
  const given = evaluator.revive(variables), known = evaluator.revive(answers);
  const RULES = ["show", "require", "value"];
  prepare(fields);

  function prepare(nodes) {
    for (const node of Object.values(nodes)) {
      for (const rule of RULES) if (rule in node) node[rule] = evaluator.revive(node[rule]);
      if (node.parts) prepare(node.parts);
    }
  }

  // What stands in the controls, by the parts of their names.
  function typed() {
    const raw = new Map();
    for (const input of form.elements) {
      if (!input.name || input.type === "submit" || input.type === "file" || input.name.includes("__")) continue;
      const names = input.name.split("."), last = names.pop();
      let level = raw;
      for (const name of names) {
        if (!(level.get(name) instanceof Map)) level.set(name, new Map());
        level = level.get(name);
      }
      const choice = input.type === "radio" || input.type === "checkbox";
      if (!level.has(last)) level.set(last, []);
      if (!choice || input.checked) level.get(last).push(input.value);
    }
    return raw;
  }

  const one = (raw) => Array.isArray(raw) && raw.length ? raw[0].trim() || null : null;
  const box = (raw, name) => (raw.get(name) ? one(raw.get(name)) ?? "" : "").normalize("NFKC");

  function number(text, type) {
    const plain = text.normalize("NFKC").replace(/[−ー]/g, "-").replace(/[ ,]/g, "");
    if (type === "integer") return /^[+-]?\d{1,18}$/.test(plain) ? BigInt(plain.replace("+", "")) : text;
    return /^[+-]?\d{1,20}(\.\d{1,14})?$/.test(plain) ? evaluator.Exact.read(plain) : text;
  }
  function day(raw, type) {
    const names = { year_month: ["year", "month"], date: ["year", "month", "day"] }[type] ?? ["year", "month", "day"];
    const parts = names.map((name) => box(raw, name));
    if (parts.every((part) => part === "")) return null;
    const text = parts.map((part, place) => part.padStart(place ? 2 : 4, "0")).join("-");
    if (type !== "datetime") return text;
    return `${text}T${["hour", "minute"].map((name) => box(raw, name).padStart(2, "0")).join(":")}`;
  }

  // One answer as the server would read it; undefined where the page does not ask it.
  function read(node, raw) {
    if (raw === undefined) return undefined;
    if (node.rows) return rows(node, raw);
    if (node.parts) return object(node, raw);
    if (raw instanceof Map) return day(raw, node.type);
    if (node.type === "choices") return raw.length ? raw : null;
    const text = one(raw);
    if (text === null) return null;
    if (node.type === "integer" || node.type === "decimal") return number(text, node.type);
    if (node.type === "boolean") return text === "yes";
    if (node.type === "declaration") return new Map([["affirmed", true]]);
    return text;
  }
  function object(node, raw) {
    if (!(raw instanceof Map)) return null;
    const found = new Map();
    for (const [name, part] of Object.entries(node.parts)) {
      const value = read(part, raw.get(name));
      if (value !== undefined) found.set(name, value);
    }
    return [...found.values()].some((value) => value !== null) ? found : null;
  }
  function rows(node, raw) { // an empty row does not count, but keeps its place for what is drawn
    if (!(raw instanceof Map)) return null;
    return [...raw.keys()].map(Number).sort((a, b) => a - b).map((place) => Object.assign(object(node, raw.get(String(place))) ?? new Map(), { place }));
  }
  const counted = (value) => Array.isArray(value) && value.some((row) => row.place !== undefined)
    ? (value.filter((row) => row.size).length ? value.filter((row) => row.size) : null) : value;

  // What the rules make of one level: `here` loses what is hidden and gains what is calculated.
  function settle(nodes, here, around, prefix, found) {
    const scope = () => new Map([...around, ...[...here].map(([name, value]) => [name, counted(value)])]);
    const names = Object.keys(nodes), holds = (rule) => evaluator.matches(rule, scope(), given);
    const asked = new Map(here);
    for (let turn = 0; turn <= names.length; turn++) {
      const before = outline(here);
      for (const name of names) {
        const node = nodes[name], shown = !node.show || holds(node.show);
        if (!shown) here.delete(name);
        else if (asked.has(name)) here.set(name, asked.get(name));
        if (shown && node.parts) inside(node, here, scope(), prefix + name, found);
        if (shown && "value" in node) compute(node, name, here, scope());
      }
      if (outline(here) === before) break;
    }
    for (const name of names) {
      const node = nodes[name];
      found.set(prefix + name, { node, shown: !node.show || holds(node.show), required: node.require && holds(node.require), value: here.get(name) });
    }
  }
  const outline = (here) => [...here].map(([name, value]) => `${name}=${value instanceof Map ? value.size : value}`).sort().join("\n");

  function inside(node, here, scope, path, found) {
    const value = here.get(path.split(".").pop());
    if (Array.isArray(value)) for (const row of value) { if (row.place !== undefined) settle(node.parts, row, scope, `${path}.${row.place}.`, found); }
    else if (value instanceof Map) settle(node.parts, value, new Map([...scope, ...value]), `${path}.`, found);
  }
  function compute(node, name, here, scope) {
    const value = evaluator.compute(node.value, scope, given);
    if (value === null || value === undefined) here.delete(name);
    else here.set(name, value);
  }

  // Putting it on the page
  function plain(exact) {
    const sign = exact.units < 0n ? "-" : "", digits = String(exact.units < 0n ? -exact.units : exact.units);
    if (exact.power >= 0) return sign + digits + "0".repeat(exact.power);
    const padded = digits.padStart(1 - exact.power, "0"), point = padded.length + exact.power;
    return `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
  }
  function words(value, unit) {
    if (value === undefined || value === null) return "—";
    if (typeof value === "boolean") return value ? "○" : "×";
    if (Array.isArray(value)) return value.map((part) => words(part, "")).join("、");
    const text = typeof value === "bigint" ? value.toLocaleString("en-US") : value instanceof evaluator.Exact ? plain(value)
      : typeof value === "number" && Number.isInteger(value) ? value.toFixed(1) : String(value);
    return unit ? `${text} ${unit}` : text;
  }
  function retag(element, required) {
    const tag = element.querySelector(".tag");
    if (!tag || tag.classList.contains("tag--required") === required) return;
    tag.classList.toggle("tag--required", required);
    tag.textContent = required ? texts.required : texts.optional;
    const why = element.querySelector("[data-why]");
    if (why) why.hidden = !required;
    const control = element.matches("fieldset") ? element : element.querySelector(".input");
    if (control && required) control.setAttribute("aria-required", "true");
    else if (control) control.removeAttribute("aria-required");
  }
  function put(element, outcome) {
    const { node, shown, required, value } = outcome;
    if (node.show) element.hidden = !shown;
    if (node.require && !element.hasAttribute("data-live")) retag(element, Boolean(required));
    const place = "value" in node ? element.querySelector(".fixed") : null;
    const told = node.labels?.[value] ?? words(value, node.unit);
    if (place && place.textContent !== told) place.textContent = told;
  }
  function apply() {
    const here = new Map(known), raw = typed(), found = new Map();
    for (const [name, node] of Object.entries(fields)) {
      const value = read(node, raw.get(name));
      if (value !== undefined) here.set(name, value);
    }
    settle(fields, here, new Map(), "", found);
    for (const element of form.querySelectorAll("[data-question]")) {
      const outcome = found.get(element.dataset.question.replace("__confirm", ""));
      if (outcome) put(element, outcome);
    }
  }
  form.addEventListener("input", apply);
  form.addEventListener("change", apply);
  new MutationObserver(apply).observe(form, { childList: true, subtree: true });
  apply();
})();
