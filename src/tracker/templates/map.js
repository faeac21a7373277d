"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const { topics, edges, tracks } = JSON.parse(at("data").textContent);
  const stage = at("stage"), world = at("world"), panel = at("panel"), search = at("search"), hits = at("hits"), legend = at("legend");
  const boxes = topics.map((_, number) => at("t" + number));
  const entries = topics.map((topic) => at("topic-" + topic.id));
  const lines = [...at("edges").children];
  const needs = topics.map(() => []), opens = topics.map(() => []);
  edges.forEach(([need, topic]) => { needs[topic].push(need); opens[need].push(topic); });
  const wide = world.offsetWidth, high = world.offsetHeight;
  const LARGEST = 2.5, READABLE = 0.8, FAR = 0.55;
  let view = { x: 0, y: 0, k: 1 }, chosen = null;

  // --- looking: zoom and pan ---

  const smallest = () => Math.min(fitting().k, 0.5) * 0.8;

  function fitting() {
    const room = stage.clientHeight - (legend.open ? legend.offsetHeight + 12 : 0);
    const k = Math.min(stage.clientWidth / wide, room / high, 1);
    return { k, x: (stage.clientWidth - wide * k) / 2, y: (room - high * k) / 2 };
  }

  function look(next, glides = false) {
    const k = Math.min(Math.max(next.k, smallest()), LARGEST);
    const inside = (place, size, room) => Math.min(Math.max(place, Math.min(80 - size * k, 0)), Math.max(room - 80, 0));
    view = { k, x: inside(next.x, wide, stage.clientWidth), y: inside(next.y, high, stage.clientHeight) };
    world.classList.toggle("glide", glides);
    world.classList.toggle("far", k < FAR);
    world.style.transform = `translate(${view.x}px, ${view.y}px) scale(${k})`;
  }

  function zoom(factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const k = Math.min(Math.max(view.k * factor, smallest()), LARGEST);
    const ratio = k / view.k;
    look({ k, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio });
  }

  function freeRoom() { // what the panel leaves of the stage
    const room = { width: stage.clientWidth, height: stage.clientHeight };
    if (panel.hidden) return room;
    if (panel.offsetWidth < room.width) room.width -= panel.offsetWidth;
    else room.height -= panel.offsetHeight;
    return room;
  }

  function bring(number, k = view.k) { // a topic into the middle of the room
    const box = boxes[number], room = freeRoom();
    const x = room.width / 2 - (box.offsetLeft + box.offsetWidth / 2) * k;
    look({ k, x, y: room.height / 2 - (box.offsetTop + box.offsetHeight / 2) * k }, true);
  }

  function isInSight(number) {
    const box = boxes[number], room = freeRoom();
    const x = view.x + box.offsetLeft * view.k, y = view.y + box.offsetTop * view.k;
    return x > 0 && y > 0 && x + box.offsetWidth * view.k < room.width && y + box.offsetHeight * view.k < room.height;
  }

  const fit = () => look(fitting(), true);
  at("in").addEventListener("click", () => zoom(1.3));
  at("out").addEventListener("click", () => zoom(1 / 1.3));
  at("fit").addEventListener("click", fit);
  stage.addEventListener("wheel", (event) => {
    if (event.target.closest(".legend")) return;
    event.preventDefault();
    const { left, top } = stage.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 30 : 1;
    const step = Math.max(-60, Math.min(60, event.deltaY * lines));
    zoom(Math.exp(-step * (event.ctrlKey ? 0.01 : 0.004)), event.clientX - left, event.clientY - top);
  }, { passive: false });
  stage.addEventListener("scroll", () => stage.scrollTo(0, 0)); // a browser scrolls to what has the focus
  window.addEventListener("resize", () => look(view));

  const fingers = new Map();
  let travelled = 0;
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest(".zoom, .legend")) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 1) travelled = 0;
  });
  window.addEventListener("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    if (!event.buttons) return void fingers.delete(event.pointerId); // let go outside the window
    const now = { x: event.clientX, y: event.clientY };
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    travelled += Math.hypot(now.x - last.x, now.y - last.y);
    if (travelled < 5) return;
    stage.classList.add("dragged");
    fingers.set(event.pointerId, now);
    if (!other) return look({ ...view, x: view.x + now.x - last.x, y: view.y + now.y - last.y });
    const { left, top } = stage.getBoundingClientRect();
    const apart = (a) => Math.hypot(a.x - other.x, a.y - other.y) || 1;
    look({ ...view, x: view.x + (now.x - last.x) / 2, y: view.y + (now.y - last.y) / 2 });
    zoom(apart(now) / apart(last), (now.x + other.x) / 2 - left, (now.y + other.y) / 2 - top);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    window.addEventListener(end, (event) => { fingers.delete(event.pointerId); stage.classList.remove("dragged"); });
  }

  // --- choosing: what a topic needs, what it opens, its panel ---

  function reach(start, next) {
    const found = new Set();
    const left = [start];
    while (left.length) for (const one of next[left.pop()]) if (!found.has(one)) { found.add(one); left.push(one); }
    return found;
  }

  function paint(number, before, after) {
    const isUp = (one) => one === number || before.has(one), isDown = (one) => one === number || after.has(one);
    boxes.forEach((box, one) => {
      box.classList.toggle("self", one === number);
      box.classList.toggle("before", before.has(one));
      box.classList.toggle("after", after.has(one));
    });
    lines.forEach((line, one) => {
      const [need, topic] = edges[one];
      line.classList.toggle("need", number !== null && isUp(need) && isUp(topic));
      line.classList.toggle("open", number !== null && isDown(need) && isDown(topic));
      line.classList.toggle("direct", edges[one].includes(number));
    });
  }

  function paintChosen() {
    world.classList.toggle("follows", chosen !== null);
    if (chosen === null) paint(null, new Set(), new Set());
    else paint(chosen, reach(chosen, needs), reach(chosen, opens));
  }

  function hint(number) { // while nothing is chosen, the direct edges of the topic under the pointer or the focus
    if (chosen !== null) return;
    lines.forEach((line, one) => {
      line.classList.toggle("need", edges[one][1] === number);
      line.classList.toggle("open", edges[one][0] === number);
      line.classList.toggle("direct", edges[one].includes(number));
    });
  }

  function choose(number) {
    if (document.body.classList.contains("as-list")) return goInList(number);
    chosen = number;
    panel.hidden = false;
    at("shown").replaceChildren(...[...entries[number].children].map((part) => part.cloneNode(true)));
    panel.scrollTop = 0;
    paintChosen();
    if (view.k < READABLE * 0.8) bring(number, READABLE);
    else if (!isInSight(number)) bring(number);
  }

  const readPanel = () => at("shown").querySelector("h4").focus({ preventScroll: true });

  function release() {
    const last = chosen;
    chosen = null;
    panel.hidden = true;
    paintChosen();
    if (last !== null) boxes[last].focus({ preventScroll: true });
  }

  function goInList(number) {
    entries[number].scrollIntoView();
    entries[number].querySelector("h4").focus({ preventScroll: true });
  }

  world.addEventListener("click", (event) => {
    const box = event.target.closest(".topic");
    if (!box) return;
    event.preventDefault();
    if (travelled >= 5 && event.detail) return; // the end of a drag; a key's click has no detail
    choose(Number(box.dataset.topic));
    readPanel();
  });
  for (const [starts, ends] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    world.addEventListener(starts, (event) => {
      const box = event.target.closest(".topic");
      if (box) hint(Number(box.dataset.topic));
    });
    world.addEventListener(ends, () => hint(null));
  }
  world.addEventListener("focusin", (event) => {
    const number = Number(event.target.dataset.topic);
    if (event.target.matches(":focus-visible") && !isInSight(number)) bring(number);
  });
  panel.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-topic]");
    if (!link) return;
    event.preventDefault();
    choose(Number(link.dataset.topic));
    readPanel();
  });
  at("close").addEventListener("click", release);

  // --- searching ---

  let found = [], marked = 0;
  const plain = (words) => words.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const texts = topics.map(({ id, title }) => [plain(title), plain(id)]);

  function rank(number, words) { // 0: a title that starts so, 1: a word that does, 2: anywhere
    const [title, id] = texts[number];
    if (title.startsWith(words) || id === words) return 0;
    return (" " + title + " " + id.replaceAll("-", " ")).includes(" " + words) ? 1 : 2;
  }

  function find() {
    const words = plain(search.value.trim());
    const holds = (number) => words.split(/\s+/).every((word) => texts[number].some((text) => text.includes(word)));
    const all = words ? topics.map((_, number) => number).filter(holds) : [];
    found = all.sort((a, b) => rank(a, words) - rank(b, words) || a - b).slice(0, 12);
    marked = 0;
    hits.replaceChildren(...found.map(hitItem));
    at("told").textContent = words ? `${all.length} of ${topics.length} topics found` : "";
    showHits(found.length > 0);
  }

  function hitItem(number, place) {
    const item = document.createElement("li"), id = document.createElement("code");
    item.id = "hit" + place;
    item.setAttribute("role", "option");
    id.textContent = topics[number].id;
    item.append(topics[number].title, id);
    item.addEventListener("pointerdown", (event) => { event.preventDefault(); goToHit(place); });
    return item;
  }

  function showHits(shown) {
    hits.hidden = !shown;
    search.setAttribute("aria-expanded", String(shown));
    [...hits.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === marked)));
    if (shown) { search.setAttribute("aria-activedescendant", "hit" + marked); hits.children[marked].scrollIntoView({ block: "nearest" }); }
    else search.removeAttribute("aria-activedescendant");
  }

  function goToHit(place) {
    const number = found[place];
    if (number === undefined) return;
    showHits(false);
    choose(number);
    if (document.body.classList.contains("as-list")) return;
    bring(number, Math.max(view.k, READABLE));
    boxes[number].focus({ preventScroll: true });
  }

  search.addEventListener("input", find);
  search.addEventListener("focus", () => { if (search.value) find(); });
  search.addEventListener("blur", () => showHits(false));
  search.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      event.preventDefault();
      marked = (marked + step + found.length) % found.length;
      showHits(true);
    } else if (event.key === "Enter") {
      event.preventDefault();
      goToHit(marked);
    } else if (event.key === "Escape" && !hits.hidden) {
      event.stopPropagation();
      showHits(false);
    }
  });

  // --- a track, the list, keys ---

  at("track").addEventListener("change", (event) => {
    const track = tracks[event.target.value];
    const inside = track && new Set(track);
    const isOut = (number) => Boolean(inside) && !inside.has(number);
    world.classList.toggle("tracked", Boolean(inside));
    boxes.forEach((box, number) => box.classList.toggle("out", isOut(number)));
    entries.forEach((entry, number) => entry.classList.toggle("out", isOut(number)));
    lines.forEach((line, one) => line.classList.toggle("in", !edges[one].some(isOut)));
    at("told").textContent = inside ? `${inside.size} of ${topics.length} topics are on this track` : "";
  });

  function asList(on) {
    document.body.classList.toggle("as-list", on);
    at("view").setAttribute("aria-pressed", String(on));
    if (!on) look(view);
  }

  at("view").addEventListener("click", () => asList(!document.body.classList.contains("as-list")));
  at("skip").addEventListener("click", (event) => {
    event.preventDefault();
    asList(true);
    at("list").focus();
  });

  const PANS = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const writes = event.target.matches("input, select");
    if (event.key === "Escape" && !panel.hidden) release();
    if (writes) return;
    const pan = stage.contains(event.target) && PANS[event.key];
    if (pan) look({ ...view, x: view.x + pan[0], y: view.y + pan[1] });
    else if (event.key === "/") search.focus();
    else if (event.key === "+" || event.key === "=") zoom(1.3);
    else if (event.key === "-") zoom(1 / 1.3);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });

  // --- the first view ---

  function fromAddress() {
    const name = location.hash.replace(/^#topic-/, "");
    const number = topics.findIndex((topic) => topic.id === name);
    if (number >= 0) choose(number);
  }

  function begin() { // all of it where that can be read, else where work can be done
    legend.open = stage.clientWidth > 700;
    look(fitting());
    const first = boxes.findIndex((box) => box.matches(".s-in-progress, .s-due, .s-open"));
    if (view.k < 0.3 && boxes.length) {
      bring(Math.max(first, 0), READABLE);
      look({ ...view, x: Math.min(view.x, 0), y: Math.min(view.y, 0) }); // nothing empty above it and beside it
    }
    world.classList.remove("glide");
  }

  begin();
  fromAddress();
  window.addEventListener("hashchange", fromAddress);
})();
