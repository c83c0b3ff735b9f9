// The first thing that somebody reads who has never been here. It says what is so on the hosts at this moment.

import { sayDuration } from './dates.js';
import { el } from './dom.js';

const FIRST = { host: 'comp1', id: 3, command: '/logoff comp1 id=3 --sync' };

export function drawHint(model) {
  const place = model.place();
  if (!place || place.is_archived || place.is_ext_shared) return el('p.hint-card.quiet', {}, 'Nothing was said here yet.');
  const command = choose(model);
  const put = () => model.tell('hint', { text: command });
  return el('section.hint-card', { 'aria-label': 'How to begin' },
    el('h3', {}, 'Log somebody off'),
    el('p', {}, `${describe(model)}Type this, press Enter, and read what the bot answers before you press a button:`),
    el('button.hint-command', { type: 'button', data: { key: 'hint' }, on: { click: put } }, el('code', {}, command), el('span', {}, 'Put it into the field')),
    el('p.quiet', {}, 'The people and the hosts are invented and live on this machine.'));
}

function findFirst(model) {
  return model.hosts.get(FIRST.host)?.sessions.find((one) => one.id === FIRST.id);
}

/** Another farm, or one on which much has happened already, has another first command. */
function choose(model) {
  return findFirst(model) ? FIRST.command : model.commands[0]?.examples[0]?.[0] ?? FIRST.command;
}

function describe(model) {
  const session = findFirst(model);
  if (session?.state !== 'Disconnected' || session.since === null) return '';
  return `${session.user} left session ${session.id} on ${FIRST.host} ${sayDuration(Date.now() / 1000 - session.since)} ago, and it still runs. `;
}
