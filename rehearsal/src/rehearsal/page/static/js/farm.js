// The farm: hosts, the people on them, what just changed, and hands to make trouble.

import { order } from './api.js';
import { announce, byId, el, fill, keepFocus } from './dom.js';
import { notify } from './dialogs.js';
import { findChanges } from './changes.js';
import { drawSession, drawGhost } from './sessions.js';

const FRESH_MS = 8000;

export function showFarm(model) {
  const count = el('span.quiet');
  const filter = el('input.input', { type: 'search', placeholder: 'Find a host or a person', 'aria-label': 'Find a host or a person' });
  const list = el('div.hosts', { tabindex: -1 });
  const restore = el('button.button.small', { type: 'button', on: { click: () => make({ what: 'restore' }) } }, 'Reset hosts');
  fill(byId('farm'), el('div.panel-head', {}, el('h2', {}, 'Windows hosts'), count, restore), filter, list);
  const state = { open: new Set(['comp1']), byHand: new Set(), ghosts: new Map(), fresh: new Map(), nodes: new Map() };
  const draw = (names) => {
    for (const name of names) place(list, state, name, model.hosts.get(name), model);
    sift(list, filter.value);
    count.textContent = `${model.hosts.size}`;
  };
  filter.addEventListener('input', () => sift(list, filter.value));
  model.on('farm', ({ changed, before, isFirst, isReset }) => {
    if (isFirst) { fill(list); state.nodes.clear(); draw([...model.hosts.keys()]); return; }
    const shut = isReset ? foldAll(state) : [];
    for (const name of changed) notice(state, name, before.get(name), model.hosts.get(name), isReset);
    draw([...new Set([...shut, ...changed])].filter((name) => model.hosts.has(name)));
    setTimeout(() => draw(changed), FRESH_MS + 100);
  });
  setInterval(() => draw([...state.open].filter((name) => model.hosts.has(name))), 15_000);
}

/** After a reset only what somebody unfolded stays unfolded. Returns the hosts that are folded now. */
function foldAll(state) {
  const shut = [...state.open].filter((name) => !state.byHand.has(name));
  state.open = new Set(state.byHand);
  state.ghosts.clear();
  state.fresh.clear();
  return shut;
}

/** Remembers for a while who went and what is different, and says it aloud. */
function notice(state, name, before, after, isReset) {
  const changes = findChanges(before, after);
  if (!changes.words.length) return;
  if (isReset) return;
  announce(`${name}: ${changes.words.join('; ')}`);
  const until = Date.now() + FRESH_MS;
  state.open.add(name);
  for (const key of changes.keys) state.fresh.set(`${name}:${key}`, until);
  for (const session of changes.gone) state.ghosts.set(`${name}:${session.id}`, { name, session, until });
}

function place(list, state, name, host, model) {
  const before = state.nodes.get(name);
  const node = drawHost(state, name, host, model);
  state.nodes.set(name, node);
  if (!before) { list.append(node); return; }
  const isUsed = before.querySelector(':popover-open') || (before.contains(document.activeElement) && document.activeElement.matches('select'));
  if (isUsed) { state.nodes.set(name, before); return; }
  keepFocus(before, () => { before.replaceWith(node); return node; });
}

function drawHost(state, name, host, model) {
  const isOpen = state.open.has(name);
  const node = el(`details.host${host.up ? '' : '.down'}`, { open: isOpen, data: { host: name, people: host.sessions.map((one) => one.user).join(' ').toLowerCase() } });
  const trouble = host.trouble === 'none' ? null : host.trouble;
  const fold = () => { if (node.open) state.byHand.delete(name); else state.byHand.add(name); };
  node.append(el('summary', { data: { key: `${name}:summary` }, on: { click: fold } },
    el('span.light', { role: 'img', 'aria-label': host.up ? 'up' : 'down' }), el('strong', {}, name),
    el('span.quiet', {}, host.up ? `${host.sessions.length} ${host.sessions.length === 1 ? 'person' : 'people'}` : 'down'),
    trouble && trouble !== 'unreachable' && el('span.chip', {}, trouble)));
  const body = el('div.host-body');
  node.append(body);
  const open = () => { if (!body.firstChild) drawBody(body, state, name, host, model); };
  node.addEventListener('toggle', () => { if (node.open) { state.open.add(name); open(); } else state.open.delete(name); });
  if (isOpen) open();
  return node;
}

function drawBody(body, state, name, host, model) {
  const now = Date.now();
  const isFresh = (key) => (state.fresh.get(`${name}:${key}`) ?? 0) > now;
  const ghosts = [...state.ghosts.values()].filter((one) => one.name === name && one.until > now);
  const rows = host.sessions.map((one) => drawSession(name, one, host.popups.filter((popup) => popup.session_id === one.id), isFresh, make));
  const gone = ghosts.map(({ session }) => drawGhost(session));
  fill(body, el('ul.sessions', {}, rows, gone),
    !host.sessions.length && !ghosts.length && el('p.quiet', {}, 'Nobody is logged on.'),
    el('div.host-tools', {}, drawSwitch(name, host), drawTroubles(name, host, model)));
}

function drawSwitch(name, host) {
  const what = host.up ? 'take_down' : 'bring_up';
  return el('button.button.small', { type: 'button', data: { key: `${name}:switch` }, on: { click: () => make({ what, host: name }) } },
    host.up ? 'Take it down' : 'Bring it up');
}

/** What the farm itself knows; `unreachable` has its own switch. */
function drawTroubles(name, host, model) {
  const names = ['none', ...Object.keys(model.behaviours).filter((one) => one !== 'unreachable')];
  const options = names.map((one) => el('option', { value: one, selected: one === host.trouble }, one === 'none' ? 'behaves well' : one));
  if (!names.includes(host.trouble)) options.push(el('option', { value: host.trouble, selected: true, disabled: true }, host.trouble));
  const change = (event) => { const behaviour = event.target.value; event.target.blur(); make({ what: 'behave', host: name, behaviour }); };
  return [
    el('select.input.small', { 'aria-label': `How ${name} behaves`, data: { key: `${name}:trouble` }, on: { change } }, options),
    model.behaviours[host.trouble] && el('p.quiet', {}, model.behaviours[host.trouble]),
  ];
}

async function make(trouble) {
  try {
    await order('page/trouble', trouble);
  } catch (error) {
    notify(error.message);
  }
}

function sift(list, words) {
  const wanted = words.trim().toLowerCase();
  for (const node of list.children) {
    node.hidden = wanted !== '' && !node.dataset.host.includes(wanted) && !node.dataset.people.includes(wanted);
  }
}
