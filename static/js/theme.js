// Runs before the first paint: Bootstrap's colours follow an attribute; what the person chose goes before the system.
const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const apply = () => { root.dataset.bsTheme = root.dataset.theme || (dark.matches ? "dark" : "light"); };
apply();
dark.addEventListener("change", apply);
new MutationObserver(apply).observe(root, { attributeFilter: ["data-theme"] });
