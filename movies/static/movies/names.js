"use strict";
// Turns a text area with one name a line into tags and a field to type the next name.
//
// Enter adds what was typed, as it was typed; a suggestion is taken only if somebody has moved to it with the arrow keys,
// or clicks on it. So it makes no difference whether suggestions have arrived by then. Where all names are known
// beforehand (genres) there is nothing to wait for, and Enter takes the first that fits.
{
  const WAIT = 150; // milliseconds without a keystroke before people are asked for

  const fold = (name) => name.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase().trim();
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  };
  const lines = (text) => text.split("\n").map((line) => line.replace(/\s+/g, " ").trim()).filter(Boolean);

  class Names {
    constructor(box) {
      this.area = box.querySelector("textarea");
      this.newNames = box.querySelector("input[name$='-new']");
      this.url = box.dataset.suggestUrl;
      this.options = lines(box.dataset.options);
      this.marked = -1; // the suggestion that Enter takes
      this.suggested = [];
      this.build(box);
      const isNew = new Set(lines(this.newNames?.value ?? "").map(fold));
      lines(this.area.value).forEach((name) => this.append(name, isNew.has(fold(name))));
    }

    build(box) {
      const { id } = this.area;
      this.area.id = `${id}-lines`;
      this.area.hidden = true;
      this.tags = make("ul", { class: "tags" });
      this.list = make("ul", { class: "suggestions", id: `${id}-list`, role: "listbox", hidden: "" });
      this.input = make("input", {
        id, type: "text", role: "combobox", autocomplete: "off", "aria-expanded": "false",
        "aria-controls": this.list.id, "aria-autocomplete": "list",
      });
      this.status = make("span", { class: "visually-hidden", role: "status" });
      box.append(make("div", { class: "names-box" }, this.tags, this.input), this.list, this.status);
      this.list.setAttribute("aria-label", document.querySelector(`label[for="${id}"]`)?.textContent ?? "Names");
      box.classList.add("ready");
      this.input.addEventListener("input", () => this.onInput());
      this.input.addEventListener("keydown", (event) => this.onKeydown(event));
      this.input.addEventListener("paste", (event) => this.onPaste(event));
      this.input.addEventListener("blur", () => this.addLines(this.chosen()));
      this.list.addEventListener("mousedown", (event) => this.onSuggestionClick(event));
      this.tags.addEventListener("click", (event) => this.onTagClick(event));
      box.addEventListener("click", (event) => event.target.classList.contains("names-box") && this.input.focus());
    }

    names() {
      return [...this.tags.children].map((tag) => tag.dataset.name);
    }

    // --- Tags

    append(name, isNew = false) {
      const remove = make("button", { type: "button", "aria-label": `Remove ${name}` }, "×");
      const tag = make("li", {}, make("span", {}, name), remove);
      tag.dataset.name = name;
      this.tags.append(tag);
      this.mark(tag, isNew);
      return tag;
    }

    mark(tag, isNew, meant = "") {
      tag.classList.toggle("new", isNew);
      tag.querySelector("small")?.remove();
      if (isNew) {
        const question = meant && make("button", { type: "button", class: "instead" }, meant);
        const note = make("small", {}, question ? "new; did you mean " : "new");
        if (question) {
          question.dataset.name = meant;
          note.append(question, "?");
        }
        tag.querySelector("span").after(note);
      }
      this.save();
    }

    save() {
      this.area.value = this.names().join("\n");
      if (this.newNames) {
        this.newNames.value = [...this.tags.querySelectorAll(".new")].map((tag) => tag.dataset.name).join("\n");
      }
    }

    addLines(text) {
      this.close();
      this.input.value = "";
      lines(text).forEach((name) => this.add(name));
    }

    add(typed) {
      const name = this.options.find((option) => fold(option) === fold(typed)) ?? typed;
      if (this.names().some((other) => fold(other) === fold(name))) {
        return;
      }
      const tag = this.append(name, !this.url && !this.options.includes(name));
      this.status.textContent = `${name} added`;
      if (this.url) {
        this.lookUp(tag);
      }
    }

    // Whether the catalogue has this person: until that is known the tag is plain, and the server asks when it is saved.
    async lookUp(tag) {
      const answer = await this.fetchPeople(tag.dataset.name);
      if (answer === null || !tag.isConnected) {
        return;
      }
      if (answer.name === null) {
        this.mark(tag, true, answer.suggestions[0] ?? "");
      } else {
        this.rename(tag, answer.name);
      }
    }

    onTagClick(event) {
      const tag = event.target.closest("li");
      if (event.target.classList.contains("instead")) {
        this.rename(tag, event.target.dataset.name);
      } else if (event.target.closest("button")) {
        tag.remove();
        this.save();
        this.input.focus();
      }
    }

    rename(tag, name) {
      tag.dataset.name = tag.querySelector("span").textContent = name;
      this.mark(tag, false);
    }

    // --- What is typed

    async fetchPeople(text) {
      try {
        const response = await fetch(`${this.url}?${new URLSearchParams({ q: text })}`);
        return response.ok ? await response.json() : null;
      } catch {
        return null;
      }
    }

    onInput() {
      clearTimeout(this.timer);
      const text = this.input.value;
      if (!text.trim()) {
        this.close();
      } else if (this.url) {
        this.marked = -1;
        this.show(this.suggested.filter((name) => fold(name).includes(fold(text))));
        this.timer = setTimeout(() => this.suggest(text), WAIT);
      } else {
        const begins = this.options.filter((name) => fold(name).startsWith(fold(text)));
        const others = this.options.filter((name) => !begins.includes(name) && fold(name).includes(fold(text)));
        this.show([...begins, ...others], begins.length ? 0 : -1);
      }
    }

    async suggest(text) {
      const answer = await this.fetchPeople(text);
      if (answer !== null && this.input.value === text && this.marked < 0) {
        this.show(answer.suggestions);
      }
    }

    show(names, marked = -1) {
      this.suggested = names;
      this.marked = marked;
      const options = names.map((name, place) => make("li", { role: "option", id: `${this.list.id}-${place}` }, name));
      this.list.replaceChildren(...options);
      this.list.hidden = !names.length;
      this.input.setAttribute("aria-expanded", String(names.length > 0));
      this.markSuggestion();
    }

    markSuggestion() {
      [...this.list.children].forEach((option, place) => {
        option.setAttribute("aria-selected", String(place === this.marked));
      });
      const marked = this.list.children[this.marked];
      marked?.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", marked?.id ?? "");
    }

    chosen() {
      return this.suggested[this.marked] ?? this.input.value;
    }

    close() {
      clearTimeout(this.timer);
      this.show([]);
    }

    onKeydown(event) {
      const steps = { ArrowDown: 1, ArrowUp: -1 };
      if (event.isComposing) {
        return;
      }
      if (event.key === "Enter") {
        event.preventDefault();
        this.addLines(this.chosen());
      } else if (event.key in steps && this.suggested.length) {
        event.preventDefault();
        const places = this.suggested.length + 1; // one for none
        this.marked = ((this.marked + 1 + steps[event.key] + places) % places) - 1;
        this.markSuggestion();
      } else if (event.key === "Escape") {
        this.close();
      } else if (event.key === "Backspace" && !this.input.value && this.tags.lastElementChild) {
        this.tags.lastElementChild.remove();
        this.save();
      }
    }

    onPaste(event) {
      const text = event.clipboardData.getData("text");
      if (lines(text).length > 1) {
        event.preventDefault();
        this.addLines(text);
      }
    }

    onSuggestionClick(event) {
      const option = event.target.closest("[role=option]");
      event.preventDefault(); // keeps the focus, so that leaving the field does not add what was typed
      if (option) {
        this.addLines(option.textContent);
      }
    }
  }

  document.querySelectorAll(".names").forEach((box) => new Names(box));
}
