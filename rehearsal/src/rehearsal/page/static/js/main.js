// The page is put together here, and told once where it stands: `#as=bo&in=C0OPS00001`.

import { showAudit } from './audit.js';
import { showChat } from './chat.js';
import { notify } from './dialogs.js';
import { byId } from './dom.js';
import { showFarm } from './farm.js';
import { showForms } from './forms.js';
import { Model } from './model.js';
import { showScene } from './scene.js';
import { showSidebar } from './sidebar.js';
import { showTabs } from './tabs.js';
import { showThread } from './thread.js';

const THEMES = { auto: ['◐', 'Theme: as the system'], light: ['☀', 'Theme: light'], dark: ['☾', 'Theme: dark'] };

const model = new Model(...placeOf(location.href));

showSidebar(model);
const composer = showChat(model);
showThread(model);
showFarm(model);
showAudit(model);
showForms(model);
showScene(model);
showTabs(model);
showTheme();

model.on('hint', ({ text }) => composer.put(text));
model.on('trouble', ({ error }) => {
  if (error.body?.error === 'user_not_found') { model.actAs('dana'); return; }
  notify(error.message);
});
model.on('person place workspace', () => {
  history.replaceState(null, '', `#${new URLSearchParams({ as: model.person, in: model.channel ?? '' })}`);
  document.title = `${model.nameOf(model.me?.id) ?? model.person} · Rehearsal`;
});
// An address put into this window leads there, too: what the page wrote into it meanwhile is not what was asked for.
addEventListener('hashchange', ({ newURL }) => { if (namesPlace(newURL)) model.lookAt(...placeOf(newURL)); });
model.on('connection', showConnection);
showConnection();
model.start();

/** A link to a part of the page names none. */
function namesPlace(url) {
  return ['as', 'in'].some((name) => addressOf(url).has(name));
}

function addressOf(url) {
  return new URLSearchParams(new URL(url).hash.slice(1));
}

function placeOf(url) {
  const address = addressOf(url);
  return [address.get('as') ?? 'dana', address.get('in')];
}

function showConnection() {
  const node = byId('connection');
  node.textContent = model.isConnected ? 'Live' : 'Not connected; trying again …';
  node.classList.toggle('lost', !model.isConnected);
}

function showTheme() {
  const names = Object.keys(THEMES);
  const set = (name) => {
    const [sign, words] = THEMES[name];
    if (name === 'auto') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = name;
    localStorage.setItem('theme', name);
    byId('theme').textContent = sign;
    byId('theme').setAttribute('aria-label', words);
    byId('theme').title = words;
  };
  const now = () => (THEMES[localStorage.getItem('theme')] ? localStorage.getItem('theme') : 'auto');
  byId('theme').addEventListener('click', () => set(names[(names.indexOf(now()) + 1) % names.length]));
  set(now());
}
