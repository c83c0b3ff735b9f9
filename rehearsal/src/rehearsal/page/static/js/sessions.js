// One session of a host: who, in what state, for how long, and what that person may do next.

import { sayDuration, sayMoment, sayTime } from './dates.js';
import { el } from './dom.js';
import { makeMenu } from './menus.js';

export function drawSession(host, session, popups, isFresh, make) {
  const isAway = session.state === 'Disconnected';
  const acts = [
    isAway && ['return_to_work', 'Comes back to work'],
    ['sign_out', 'Signs out'],
    ['take_over', 'Mallory takes the session over'],
  ].filter(Boolean);
  const key = `${host}:${session.id}`;
  const items = acts.map(([what, words]) => [words, () => make({ what, host, session_id: session.id })]);
  const menu = makeMenu({ label: `What ${session.user} does next`, key: `${key}:menu`, className: 'button.small' }, items);
  const lines = [`session ${session.id}`, sayState(session), session.client && `from ${session.client}`].filter(Boolean);
  return el(`li.session${isFresh(String(session.id)) ? '.fresh' : ''}${session.is_closing ? '.closing' : ''}`, { data: { session: session.id } },
    el('span.state-mark', { class: `state-mark ${isAway ? 'away' : 'active'}`, 'aria-hidden': 'true' }),
    el('div.session-main', {},
      el('span.session-user', {}, el('strong', {}, session.user)),
      el('span.quiet', { title: session.logged_on ? `Logged on ${sayMoment(new Date(session.logged_on * 1000))}` : null }, lines.map((words, index) => [index > 0 && ' · ', el('span.unbroken', {}, words)])),
      popups.map((popup) => drawPopup(popup, isFresh(`popup:${session.id}`)))),
    menu);
}

function sayState(session) {
  if (session.is_closing) return session.hangs ? 'logging off, and hangs' : 'logging off';
  if (session.since === null) return session.state.toLowerCase();
  const ago = sayDuration(Date.now() / 1000 - session.since);
  return session.state === 'Disconnected' ? `disconnected ${ago}` : `active, idle ${ago}`;
}

function drawPopup(popup, isFresh) {
  return el(`div.popup${isFresh ? '.fresh' : ''}`, {},
    el('div.popup-title', {}, popup.title || 'Message', el('span', {}, popup.at ? sayTime(new Date(popup.at * 1000)) : '')),
    el('div', {}, popup.text, popup.code !== 0 && ` (refused with ${popup.code})`));
}

export function drawGhost(session) {
  return el('li.session.gone', {},
    el('span.state-mark.off', { 'aria-hidden': 'true' }),
    el('div.session-main', {}, el('span.session-user', {}, el('s', {}, session.user)), el('span.quiet', {}, `session ${session.id} · gone`)));
}
