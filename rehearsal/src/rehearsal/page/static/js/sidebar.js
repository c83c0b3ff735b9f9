// Who sits before the screen, and where in the workspace that person is.

import { byId, el, fill, keepFocus } from './dom.js';
import { openHome } from './home.js';
import { avatar } from './messages.js';

export function showSidebar(model) {
  model.on('workspace person place', () => {
    keepFocus(byId('people'), () => { drawPeople(model); });
    keepFocus(byId('channels'), () => { drawChannels(model); });
  });
}

function drawPeople(model) {
  const people = [...model.people.values()].filter((one) => !one.is_bot && !one.deleted);
  if (!people.length) return;
  fill(byId('people'), people.map((one) => el('button.person', {
    type: 'button', 'aria-pressed': String(one.name === model.person), data: { key: one.name, person: one.name },
    on: { click: () => model.actAs(one.name) },
  }, avatar(one.id, one.profile.real_name), el('span', {}, el('strong', {}, one.profile.real_name), el('span.quiet', {}, roleOf(one, model))))));
}

/** What the workspace itself knows of a person; what the bot lets them do is the bot's affair. */
function roleOf(person, model) {
  if (person.team_id !== model.me?.team_id && person.is_stranger) return 'From another company';
  if (person.is_restricted) return 'Guest';
  const groups = [...model.groups.values()].filter((one) => one.members.includes(person.id)).map((one) => one.name);
  return groups.length ? groups.join(', ') : 'In no group';
}

function drawChannels(model) {
  const channels = [...model.channels.values()].sort((a, b) => Number(a.is_archived) - Number(b.is_archived));
  const items = channels.filter((one) => one.kind !== 'direct').map((one) => drawPlace(one, model));
  const direct = channels.filter((one) => one.kind === 'direct').map((one) => drawPlace(one, model));
  const home = el('button.channel', {
    type: 'button', 'aria-current': model.channel === 'home' ? 'page' : null, data: { key: 'home' }, on: { click: () => openHome(model) },
  }, 'Logoff Bot');
  fill(byId('channels'), items, direct, model.me && !model.me.is_stranger && home);
}

function drawPlace(channel, model) {
  const isNew = model.unread.has(channel.id);
  const more = [channel.is_archived && 'archived', channel.is_ext_shared && 'shared'].filter(Boolean).join(', ');
  return el(`button.channel${isNew ? '.unread' : ''}${channel.is_archived ? '.archived' : ''}`, {
    type: 'button', 'aria-current': model.channel === channel.id ? 'page' : null, data: { key: channel.id, channel: channel.name },
    on: { click: () => model.goTo(channel.id) },
  }, channel.name, more && el('span.quiet', {}, ` ${more}`), isNew && el('span.dot', { role: 'img', 'aria-label': 'new messages' }));
}
