// Exhibits made larger: in a dialog, in steps, so that the item stays as it is behind it.

const $ = (id) => document.getElementById(id);
const STEPS = [1, 1.25, 1.5, 2, 3];

export class Exhibits {
  #step = 0;

  constructor(items) {
    for (const item of items) {
      const figure = item.querySelector(".exhibit");
      if (figure) figure.querySelector("figcaption").append(this.#button(figure));
    }
    $("zoom-in").addEventListener("click", () => this.#zoom(1));
    $("zoom-out").addEventListener("click", () => this.#zoom(-1));
    $("zoom-close").addEventListener("click", () => $("zoom-dialog").close());
  }

  #button(figure) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-quiet enlarge";
    button.textContent = "Enlarge";
    button.addEventListener("click", () => this.#open(figure));
    return button;
  }

  #open(figure) {
    const copy = figure.cloneNode(true);
    copy.querySelector(".enlarge").remove();
    $("zoom-title").textContent = copy.querySelector("figcaption").textContent;
    copy.querySelector("figcaption").remove();
    $("zoom-body").replaceChildren(...copy.childNodes);
    this.#step = 1;
    this.#zoom(0);
    $("zoom-dialog").showModal();
  }

  #zoom(change) {
    this.#step = Math.min(STEPS.length - 1, Math.max(0, this.#step + change));
    $("zoom-body").style.setProperty("--zoom", STEPS[this.#step]);
    $("zoom-factor").textContent = `${Math.round(STEPS[this.#step] * 100)} %`;
    $("zoom-out").disabled = this.#step === 0;
    $("zoom-in").disabled = this.#step === STEPS.length - 1;
  }
}
