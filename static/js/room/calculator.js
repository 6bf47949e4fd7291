// A calculator for whoever runs a site that allows one: numbers, + − × ÷, brackets. No eval, which the policy forbids.

const $ = (id) => document.getElementById(id);

export function offerCalculator() {
  const dialog = $("calculator");
  if (!dialog) return;
  $("show-calculator").addEventListener("click", () => { dialog.open ? dialog.close() : dialog.show(); $("sum").focus(); });
  $("calculator-close").addEventListener("click", () => dialog.close());
  $("calculator-form").addEventListener("submit", (event) => {
    event.preventDefault();
    $("sum-result").textContent = inWords($("sum").value);
  });
}

function inWords(text) {
  if (!text.trim()) return "";
  try {
    const value = calculate(text);
    return Number.isFinite(value) ? `= ${Number(value.toPrecision(12))}` : "No result: division by zero?";
  } catch {
    return "Not readable. Write for example (3 + 4) × 2.5";
  }
}

/** Value of a sum such as "(3 + 4) × 2.5"; throws for what is none. */
export function calculate(text) {
  const tokens = text.replaceAll("×", "*").replaceAll("÷", "/").replaceAll("−", "-").replaceAll(",", "").match(/\d+\.?\d*|\.\d+|[-+*/()]|\S/g) ?? [];
  const take = (token) => (tokens[0] === token ? tokens.shift() : null);
  const sum = () => {
    let value = product();
    for (;;) {
      if (take("+")) value += product();
      else if (take("-")) value -= product();
      else return value;
    }
  };
  const product = () => {
    let value = factor();
    for (;;) {
      if (take("*")) value *= factor();
      else if (take("/")) value /= factor();
      else return value;
    }
  };
  const factor = () => {
    if (take("-")) return -factor();
    if (take("(")) {
      const value = sum();
      if (!take(")")) throw new SyntaxError("A bracket is not closed.");
      return value;
    }
    const token = tokens.shift();
    if (!/^[\d.]+$/.test(token ?? "")) throw new SyntaxError("A number is missing.");
    return Number(token);
  };
  const value = sum();
  if (tokens.length) throw new SyntaxError("Something is left over.");
  return value;
}
