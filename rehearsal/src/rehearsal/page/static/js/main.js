// The page is put together here, and told once where it stands: `#as=bo&in=C0OPS00001`.

import { showAudit } from './audit.js';
import { showChat } from './chat.js';
import { notify } from './dialogs.js';
import { byId, el, fill } from './dom.js';
import { showFarm } from './farm.js';
import { showForms } from './forms.js';
import { Model } from './model.js';
import { showScene } from './scene.js';
import { showSidebar } from './sidebar.js';

const TABS = [['people', 'People'], ['chat', 'Chat'], ['farm', 'Hosts'], ['audit', 'Audit']];
const THEMES = { auto: ['◐', 'Theme: as the system'], light: ['☀', 'Theme: light'], dark: ['☾', 'Theme: dark'] };

const address = new URLSearchParams(location.hash.slice(1));
const model = new Model(address.get('as') ?? 'dana', address.get('in'));

showSidebar(model);
const composer = showChat(model);
showFarm(model);
showAudit(model);
showForms(model);
showScene(model);
showTabs();
showTheme();

model.on('hint', ({ text }) => composer.put(text));
model.on('trouble', ({ error }) => {
  if (error.body?.error === 'user_not_found') { model.actAs('dana'); return; }
  notify(error.message);
});
model.on('person place workspace', () => {
  history.replaceState(null, '', `#${new URLSearchParams({ as: model.person, in: model.channel ?? '' })}`);
  byId('tabs').firstChild.textContent = `As ${model.nameOf(model.me?.id) ?? model.person}`;
  document.title = `${model.nameOf(model.me?.id) ?? model.person} · Rehearsal`;
});
model.on('place', () => { if (document.body.dataset.tab === 'people') showTab('chat'); });
model.on('connection', showConnection);
showConnection();
model.start();

function showConnection() {
  const node = byId('connection');
  node.textContent = model.isConnected ? 'Live' : 'Not connected; trying again …';
  node.classList.toggle('lost', !model.isConnected);
}

function showTabs() {
  fill(byId('tabs'), TABS.map(([name, words]) => el('button', { type: 'button', data: { tab: name }, on: { click: () => showTab(name) } }, words)));
  showTab('chat');
}

function showTab(name) {
  document.body.dataset.tab = name;
  for (const button of byId('tabs').children) button.setAttribute('aria-pressed', String(button.dataset.tab === name));
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
